"""What a target policy would have earned, told from a log of `simulations.logs` by the estimators of `bandit`."""
