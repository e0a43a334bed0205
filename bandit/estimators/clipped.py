"""Inverse propensity scoring and doubly robust estimation with a largest weight."""

from __future__ import annotations

import math

import numpy as np

from bandit.arrays import Doubles
from bandit.errors import BadInput
from bandit.estimators.terms import Terms
from bandit.estimators.weighed import Weighed


def clipped(rounds: Weighed, *, largest: float | None = None) -> Terms:
    """mean(min(w, largest) * r), with w = target / propensity.

    Less variance than IPS, for a bias towards 0 (rewards that are not negative): what is cut off is lost.

    largest  weight, not negative; None: sqrt(n), at which bias and variance both vanish as n grows

    Raises BadInput if `largest` is negative or not a number.
    Source: Ionides, Journal of Computational and Graphical Statistics 17, 2008; Strehl et al., NIPS 2010.

    >>> rounds = Weighed(np.array([0.5, 0.25]), np.array([0.25, 0.75]), np.array([1.0, 1.0]))
    >>> clipped(rounds, largest=2.0).value
    1.25
    """
    return Terms(cut(rounds, largest) * rounds.reward)


def clipped_dr(rounds: Weighed, *, largest: float | None = None) -> Terms:
    """mean(q(target) + min(w, largest) * (r - q)): what is cut off is left to the reward model.

    largest  as of `clipped`

    Raises BadInput as `clipped`, and without a reward model.
    Source: Su, Dimakopoulou, Krishnamurthy & Dudik, ICML 2020.

    >>> half = np.full(2, 0.5)
    >>> clipped_dr(Weighed(np.array([0.5, 0.25]), np.array([0.25, 0.75]), np.ones(2), half, half), largest=2.0).value
    1.125
    """
    predicted, expected = rounds.predictions
    return Terms(expected + cut(rounds, largest) * (rounds.reward - predicted))


def cut(rounds: Weighed, largest: float | None) -> Doubles:
    """[n] weights, none above `largest`."""
    return np.minimum(rounds.weight, bound_of(rounds, largest, "largest"))


def bound_of(rounds: Weighed, bound: float | None, name: str) -> float:
    """The bound on weights, or sqrt(n) if none is given. Raises BadInput if it is negative or not a number."""
    if bound is None:
        return math.sqrt(rounds.n)
    if not bound >= 0.0:
        raise BadInput(f"#/{name}", "bound", f"{name} is {bound}; it is not negative")
    return bound
