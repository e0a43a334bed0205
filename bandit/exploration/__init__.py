"""Scores to probabilities: one kind of exploration, one file; `choose` picks the file.

Each file has `spread(scores, exploration, learned)`, the probabilities before the floor. All keep one
contract: they sum to 1, are finite whatever the scores, and follow a candidate's score, not its place.
"""
