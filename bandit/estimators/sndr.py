"""Self-normalised doubly robust estimation."""

from __future__ import annotations

from bandit.estimators.snips import some_weight
from bandit.estimators.terms import Terms
from bandit.estimators.weighed import Weighed


def sndr(rounds: Weighed) -> Terms:
    """mean(q(target)) + sum(w * (r - q)) / sum(w), with w = target / propensity.

    The correction is an average of what the model did not foresee, so it stays within that however large weights are.

    Raises BadInput without a reward model, and if the target would never have shown what was logged.
    Source: Thomas & Brunskill, ICML 2016.

    >>> import numpy as np
    >>> half = np.full(2, 0.5)
    >>> sndr(Weighed(half, half, np.array([1.0, 0.0]), np.array([0.75, 0.25]), half)).value
    0.5
    """
    predicted, expected = rounds.predictions
    weight = some_weight(rounds)
    return Terms(expected, weight * (rounds.reward - predicted), weight)
