"""Doubly robust estimation with optimistic shrinkage."""

from __future__ import annotations

import math

from bandit.errors import BadInput
from bandit.estimators.terms import Terms
from bandit.estimators.weighed import Weighed


def dros(rounds: Weighed, *, shrinkage: float | None = None) -> Terms:
    """mean(q(target) + v * (r - q)), v = lambda * w / (w^2 + lambda) and w = target / propensity.

    Weights that are small beside sqrt(lambda) stay; larger ones are shrunk towards 0, where the model stands alone. No
    v is above sqrt(lambda) / 2.

    shrinkage  lambda, not negative; 0 is DM, infinity DR; None: n, so that no round counts more than sqrt(n) / 2

    Raises BadInput without a reward model, and if lambda is negative or not a number.
    Source: Su, Dimakopoulou, Krishnamurthy & Dudik, ICML 2020.

    >>> import numpy as np
    >>> rounds = Weighed(np.array([0.5, 0.25]), np.array([0.25, 0.5]), np.ones(2), np.zeros(2), np.zeros(2))
    >>> dros(rounds, shrinkage=4.0).plain.round(3).tolist()
    [0.471, 1.0]
    """
    predicted, expected = rounds.predictions
    of = float(rounds.n) if shrinkage is None else shrinkage
    if not of >= 0.0:
        raise BadInput("#/shrinkage", "bound", f"shrinkage is {of}; it is not negative")
    weight = rounds.weight
    if of == 0.0:
        weight *= 0.0  # also where the weight is 0
    elif math.isfinite(of):
        weight *= of / (weight * weight + of)
    return Terms(expected + weight * (rounds.reward - predicted))
