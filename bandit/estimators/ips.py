"""Inverse propensity scoring."""

from __future__ import annotations

from bandit.estimators.terms import Terms
from bandit.estimators.weighed import Weighed


def ips(rounds: Weighed) -> Terms:
    """mean(w * r), with w = target / propensity.

    Unbiased wherever every ad that the target would show could be drawn. Its error grows with the largest weights, and
    it moves when a constant is added to every reward.
    Source: Horvitz & Thompson, JASA 47, 1952; Strehl, Langford, Li & Kakade, NIPS 2010.

    >>> import numpy as np
    >>> ips(Weighed(np.array([0.5, 0.25]), np.array([0.25, 0.5]), np.array([1.0, 1.0]))).value
    1.25
    """
    return Terms(rounds.weight * rounds.reward)
