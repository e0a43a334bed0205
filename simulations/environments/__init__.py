"""Worlds whose truth is known: what would have been clicked is a number, whatever was shown.

A round is a pure function of (environment, seed, t), so two policies on one seed meet the same shoppers.
"""
