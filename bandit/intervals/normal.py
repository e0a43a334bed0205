"""Student's t around an estimate: quick, and right where no round outweighs the others."""

from __future__ import annotations

import math

import numpy as np
from scipy.special import stdtrit

from bandit.arrays import Doubles
from bandit.errors import BadInput
from bandit.estimators.logged import Indices
from bandit.estimators.terms import Terms
from bandit.intervals.interval import Interval, check_level, check_terms
from bandit.intervals.linear import by_unit, influence


def normal(terms: Terms, *, level: float = 0.95, user: Indices | None = None) -> Interval:
    """Interval of Student's t with the linearised standard error; m - 1 degrees of freedom for m units.

    terms  of n rounds
    user   [n] the unit of chance, where rounds of one user hang together; else each round is one

    Promises `level` as the units grow many, where their largest influence is small beside the sum of all.
    Raises BadInput for a level outside (0, 1) or fewer than two rounds or users.
    Source: Kish, Survey Sampling, 1965, 6.3.

    >>> found = normal(Terms(np.array([1.0, 2.0, 3.0])))
    >>> round(found.low, 3), found.value, round(found.high, 3)
    (-0.484, 2.0, 4.484)
    """
    check_level(level)
    error, units = standard_error(terms, user=user)
    reach = float(stdtrit(units - 1, 0.5 + level / 2)) * error
    return Interval(terms.value, terms.value - reach, terms.value + reach, level, "normal")


def standard_error(terms: Terms, *, user: Indices | None = None) -> tuple[float, int]:
    """(standard error of the estimate, units it is told from). Raises BadInput as `normal` does."""
    n = check_terms(terms)
    moved: Doubles = by_unit(influence(terms), user)
    m = len(moved)
    if m < 2:
        raise BadInput("#/user", "bound", "an interval needs two users or more, not 1")
    return math.sqrt(m / (m - 1) * float(np.dot(moved, moved))) / n, m
