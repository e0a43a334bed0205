"""The studentised bootstrap: how far samples lie from the log, each in its own standard error."""

from __future__ import annotations

import numpy as np
from scipy.special import ndtr, ndtri

from bandit.arrays import Doubles
from bandit.errors import BadInput
from bandit.estimators.logged import Indices
from bandit.estimators.terms import Terms
from bandit.intervals.interval import Interval, check_level
from bandit.intervals.linear import by_unit, influence
from bandit.intervals.resampled import SAMPLES, resampled


def bootstrap(
    terms: Terms, *, samples: int = SAMPLES, seed: int = 0, level: float = 0.95, user: Indices | None = None
) -> Interval:
    """value - t * error for the outer quantiles of t = (sample's value - value) / sample's error.

    It leans as the estimate leans, and is wider where a few rounds carry much of it: where rewards are rare and
    weights uneven it covers more often than percentiles do, or Student's t.

    terms, samples, seed, user  as `resampled`; 1,000 samples place an end within about a twentieth of the width

    Promises `level` as the units grow many. Where so few rounds carry the estimate that samples miss them all, no t can
    be told of these; then the ends are those of bias-corrected and accelerated percentiles, if they are further out.
    Raises BadInput for a level outside (0, 1), no samples, or fewer than two rounds or users.
    Source: Hall, Ann. Stat. 1988 (t); Efron, JASA 1987 (percentiles).

    >>> found = bootstrap(Terms(np.arange(100.0)), seed=1)
    >>> found.value, 42 < found.low < 46, 53 < found.high < 57
    (49.5, True, True)
    """
    check_level(level)
    drawn = resampled(terms, samples=samples, seed=seed, user=user)
    value, tails = terms.value, np.array([0.5 - level / 2, 0.5 + level / 2])
    told = np.isfinite(drawn.value)
    if not told.any():
        raise BadInput("#/rows", "bound", "too few rounds have a weight to draw a sample that holds one")
    moved = by_unit(influence(terms), user)
    error = float(np.sqrt(moved @ moved)) / len(terms.plain)
    spread = told & (drawn.error > 1e-9 * error)
    ends = np.full(2, value)
    if spread.any():
        t = (drawn.value[spread] - value) / drawn.error[spread]
        ends = value - error * np.quantile(t, tails)[::-1]
    if not spread.all():
        other = np.quantile(drawn.value[told], _shares(drawn.value[told], value, moved, tails))
        ends = np.array([min(ends[0], other[0]), max(ends[1], other[1])])
    return Interval(value, min(float(ends[0]), value), max(float(ends[1]), value), level, "bootstrap")


def _shares(drawn: Doubles, value: float, moved: Doubles, tails: Doubles) -> Doubles:
    """[2] shares of the samples below either end: Efron's bias correction and acceleration."""
    spread = float(moved @ moved)
    acceleration = float((moved**3).sum()) / (6.0 * spread**1.5) if spread > 0.0 else 0.0
    below = (np.count_nonzero(drawn < value) + np.count_nonzero(drawn <= value)) / (2 * len(drawn))
    half = 0.5 / len(drawn)
    bias = float(ndtri(min(max(below, half), 1.0 - half)))
    z = bias + ndtri(tails)
    shares: Doubles = ndtr(bias + z / np.maximum(1.0 - acceleration * z, 1e-9))
    return shares
