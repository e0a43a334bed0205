"""Who chooses in a simulation: our engine, and the yardsticks it is held against. One policy, one file.

A policy sees a round's request and candidates only; what would have been clicked it learns by showing it.
"""
