"""What another policy would have earned, told from a log. One file an estimator; each a function of `Weighed` rounds.

An estimator gives `Terms`, sums over rounds, so that every interval of `bandit.intervals` can be put around it.
"""
