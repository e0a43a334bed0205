"""Hoeffding's interval: holds for any number of rounds, and knows nothing of their variance."""

from __future__ import annotations

import math

from bandit.estimators.terms import Terms
from bandit.intervals.bounded import scaled
from bandit.intervals.interval import Interval


def hoeffding(terms: Terms, *, bounds: tuple[float, float], level: float = 0.95) -> Interval:
    """mean ± width * sqrt(ln(2 / alpha) / 2n), with alpha = 1 - level.

    terms   of n independent rounds, a mean
    bounds  what every term lies within

    Promises at least `level`. Raises as `scaled` does.
    Source: Hoeffding, JASA 1963.

    >>> import numpy as np
    >>> found = hoeffding(Terms(np.tile([0.0, 1.0], 50)), bounds=(0.0, 1.0))
    >>> round(found.high - found.value, 5)
    0.13581
    """
    terms_in = scaled(terms, bounds, level)
    mean, n = float(terms_in.share.mean()), len(terms_in.share)
    reach = math.sqrt(math.log(2.0 / (1.0 - level)) / (2.0 * n))
    return terms_in.interval(mean - reach, mean + reach, level, "hoeffding")
