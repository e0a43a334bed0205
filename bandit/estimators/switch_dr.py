"""Doubly robust estimation that leaves large weights to the model."""

from __future__ import annotations

from bandit.estimators.clipped import bound_of
from bandit.estimators.terms import Terms
from bandit.estimators.weighed import Weighed


def switch_dr(rounds: Weighed, *, tau: float | None = None) -> Terms:
    """mean(q(target) + w * 1{w <= tau} * (r - q)), with w = target / propensity.

    Where a weight is above tau the model stands alone: what it is wrong by there is the bias.

    tau  largest weight that is trusted, not negative; 0 is DM, infinity DR; None: sqrt(n), as in `clipped`

    Raises BadInput without a reward model, and if tau is negative or not a number.
    Source: Wang, Agarwal & Dudik, ICML 2017.

    >>> import numpy as np
    >>> rounds = Weighed(np.array([0.5, 0.25]), np.array([0.25, 0.75]), np.ones(2), np.full(2, 0.5), np.full(2, 0.5))
    >>> switch_dr(rounds, tau=2.0).plain.tolist()
    [0.75, 0.5]
    """
    predicted, expected = rounds.predictions
    weight = rounds.weight
    trusted = weight <= bound_of(rounds, tau, "tau")
    return Terms(expected + trusted * weight * (rounds.reward - predicted))
