"""Self-normalised inverse propensity scoring."""

from __future__ import annotations

import numpy as np

from bandit.arrays import Doubles
from bandit.errors import BadInput
from bandit.estimators.terms import Terms
from bandit.estimators.weighed import Weighed


def snips(rounds: Weighed) -> Terms:
    """sum(w * r) / sum(w), with w = target / propensity.

    Biased by O(1/n), but never outside the rewards seen, and a constant added to every reward adds just that. Where a
    part of the target's mass is on ads never served, it tells silently of the rest alone.

    Raises BadInput if the target would never have shown what was logged.
    Source: Swaminathan & Joachims, NIPS 2015.

    >>> snips(Weighed(np.array([0.5, 0.25]), np.array([0.25, 0.5]), np.array([1.0, 0.0]))).value
    0.2
    """
    weight = some_weight(rounds)
    return Terms(np.zeros(rounds.n), weight * rounds.reward, weight)


def some_weight(rounds: Weighed) -> Doubles:
    """[n] the weights. Raises BadInput if all of them are 0."""
    weight = rounds.weight
    if not weight.any():
        raise BadInput("#/probability", "bound", "the target would never have shown what was logged")
    return weight
