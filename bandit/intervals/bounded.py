"""Terms whose bounds are known, as numbers from 0 to 1: what the methods that hold for any n are given."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from bandit.arrays import Doubles
from bandit.errors import BadInput
from bandit.estimators.terms import Terms
from bandit.intervals.interval import Interval, check_level, check_terms


class Scaled(NamedTuple):
    """Terms of one mean, (term - low) / width."""

    share: Doubles  # [n] in [0, 1]
    value: float  # mean of the terms
    low: float
    width: float  # above 0

    def interval(self, low: float, high: float, level: float, method: str) -> Interval:
        """An interval of the shares' mean as one of the terms', cut off at their bounds."""
        ends = self.low + self.width * max(low, 0.0), self.low + self.width * min(high, 1.0)
        return Interval(self.value, min(ends[0], self.value), max(ends[1], self.value), level, method)


def scaled(terms: Terms, bounds: tuple[float, float], level: float) -> Scaled:
    """Terms of a mean scaled by the bounds that hold for every term there could be, not only for those seen.

    Raises BadInput for a level outside (0, 1), fewer than two rounds, a ratio (whose terms have no bounds of their
    own), bounds that are not finite or not rising, or a term outside them.

    >>> scaled(Terms(np.array([0.0, 2.0])), (0.0, 4.0), 0.95).share.tolist()
    [0.0, 0.5]
    """
    check_level(level)
    check_terms(terms)
    if terms.weight is not None:
        raise BadInput("#/rows", "type", "this interval is of a mean, and a ratio is none")
    low, high = bounds
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        raise BadInput("#/bounds", "bound", f"bounds are finite and rise, not {low} and {high}")
    outside = (terms.plain < low) | (terms.plain > high)
    if outside.any():
        at = int(np.flatnonzero(outside)[0])
        raise BadInput(f"#/rows/{at}", "bound", f"a term is {terms.plain[at]}, and the bounds are {low} and {high}")
    return Scaled((terms.plain - low) / (high - low), terms.value, low, high - low)
