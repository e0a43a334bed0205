"""The empirical Bernstein interval: holds for any number of rounds, and narrows with their variance."""

from __future__ import annotations

import math

from bandit.estimators.terms import Terms
from bandit.intervals.bounded import scaled
from bandit.intervals.interval import Interval


def empirical_bernstein(terms: Terms, *, bounds: tuple[float, float], level: float = 0.95) -> Interval:
    """mean ± (sqrt(2 V L / n) + width * 7 L / 3(n - 1)), with L = ln(4 / alpha) and alpha = 1 - level.

    V is the sample variance; either side takes half of alpha.

    terms   of n independent rounds, a mean
    bounds  what every term lies within: of IPS (0, largest possible weight x largest reward), not the largest seen

    Promises at least `level`. Raises as `scaled` does.
    Source: Maurer & Pontil, COLT 2009, theorem 4.

    >>> import numpy as np
    >>> found = empirical_bernstein(Terms(np.tile([0.0, 1.0], 50)), bounds=(0.0, 1.0), level=0.9)
    >>> round(found.high - found.value, 4)
    0.2234
    """
    terms_in = scaled(terms, bounds, level)
    mean, n = float(terms_in.share.mean()), len(terms_in.share)
    log = math.log(4.0 / (1.0 - level))
    reach = math.sqrt(2.0 * float(terms_in.share.var(ddof=1)) * log / n) + 7.0 * log / (3.0 * (n - 1))
    return terms_in.interval(mean - reach, mean + reach, level, "empirical_bernstein")
