"""Weights whose estimates have the tails of a Gaussian."""

from __future__ import annotations

import math

from bandit.arrays import Doubles
from bandit.errors import BadInput
from bandit.estimators.terms import Terms
from bandit.estimators.weighed import Weighed

_DELTA = 0.05  # probability of an error larger than the bound that the default lambda makes smallest


def sg_ips(rounds: Weighed, *, smoothing: float | None = None) -> Terms:
    """mean(v * r), v = w / (1 - lambda + lambda * w) and w = target / propensity.

    A weighted harmonic mean of w and 1: none is above 1 / lambda, smoothly, and a weight of 1 stays.

    smoothing  lambda, in [0, 1]; 0 is IPS, 1 the mean reward of what the target might have shown; None: as `optimal`

    Raises BadInput if lambda is not in [0, 1].
    Source: Metelli, Russo & Restelli, NeurIPS 2021.

    >>> import numpy as np
    >>> rounds = Weighed(np.array([0.5, 0.25]), np.array([0.25, 0.75]), np.ones(2))
    >>> sg_ips(rounds, smoothing=0.5).plain.round(3).tolist()
    [0.667, 1.5]
    """
    return Terms(_smooth(rounds, smoothing) * rounds.reward)


def sg_dr(rounds: Weighed, *, smoothing: float | None = None) -> Terms:
    """mean(q(target) + v * (r - q)), with v as in `sg_ips`.

    Raises BadInput as `sg_ips`, and without a reward model.
    Source: Metelli, Russo & Restelli, NeurIPS 2021.

    >>> import numpy as np
    >>> half = np.full(2, 0.5)
    >>> sg_dr(Weighed(half, np.array([0.5, 0.0]), np.ones(2), half, half), smoothing=0.5).plain.tolist()
    [1.0, 0.5]
    """
    predicted, expected = rounds.predictions
    return Terms(expected + _smooth(rounds, smoothing) * (rounds.reward - predicted))


def optimal(weight: Doubles) -> float:
    """Lambda with the least bound on the error: sqrt(2 log(1 / delta) / (3 n mean(w^2))), at most 1.

    The bound is Bernstein's of v, which is at most 1 / lambda, plus a bias of at most lambda * mean(w^2).

    >>> import numpy as np
    >>> round(optimal(np.ones(20_000)), 4)
    0.01
    """
    squares = float(weight @ weight)
    return min(1.0, math.sqrt(2.0 * math.log(1.0 / _DELTA) / (3.0 * squares))) if squares else 1.0


def _smooth(rounds: Weighed, smoothing: float | None) -> Doubles:
    weight = rounds.weight
    of = optimal(weight) if smoothing is None else smoothing
    if not 0.0 <= of <= 1.0:
        raise BadInput("#/smoothing", "bound", f"smoothing is {of}; it is in [0, 1]")
    if of == 1.0:
        return (weight > 0.0).astype(float)  # the formula says 0 / 0 where the weight is 0
    weight /= 1.0 - of + of * weight
    return weight
