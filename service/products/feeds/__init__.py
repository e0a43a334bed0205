"""Feeds as rows, one file a format: each reads a stream as it comes and writes what it reads back the same."""
