"""Doubly robust estimation."""

from __future__ import annotations

from bandit.estimators.terms import Terms
from bandit.estimators.weighed import Weighed


def dr(rounds: Weighed) -> Terms:
    """mean(q(target) + w * (r - q)), with w = target / propensity: a reward model, put right by what was seen.

    Unbiased if the propensities are right, whatever the model; the better the model, the smaller the error. Large
    weights are felt as with IPS, times what the model did not foresee.

    Raises BadInput without a reward model.
    Source: Robins, Rotnitzky & Zhao, JASA 89, 1994; Dudik, Langford & Li, ICML 2011.

    >>> import numpy as np
    >>> half = np.full(2, 0.5)
    >>> dr(Weighed(half, half, np.array([1.0, 0.0]), np.array([0.75, 0.25]), half)).value
    0.5
    """
    predicted, expected = rounds.predictions
    return Terms(expected + rounds.weight * (rounds.reward - predicted))
