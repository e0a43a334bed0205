"""Proves from what is stored that the promises were kept. Reads everything, changes nothing."""
