"""Clopper and Pearson's interval of a rate: clicks out of n."""

from __future__ import annotations

import numpy as np
from scipy.special import betaincinv

from bandit.errors import BadInput
from bandit.estimators.terms import Terms
from bandit.intervals.interval import Interval, check_level, check_terms


def clopper_pearson(clicks: int, n: int, *, level: float = 0.95) -> Interval:
    """All rates under which neither so few clicks nor so many would be rarer than (1 - level) / 2.

    clicks  of n independent rounds, in [0, n]
    n       at least 1

    Promises at least `level` for every n and rate.
    Raises BadInput for a level outside (0, 1) or counts out of bounds.
    Source: Clopper & Pearson, Biometrika 1934.

    >>> found = clopper_pearson(5, 100)
    >>> round(found.low, 8), found.value, round(found.high, 8)
    (0.01643188, 0.05, 0.11283491)
    """
    check_level(level)
    if n < 1:
        raise BadInput("#/n", "bound", f"n is {n}; a rate is of one round or more")
    if not 0 <= clicks <= n:
        raise BadInput("#/clicks", "bound", f"clicks are {clicks} of {n}; they lie in [0, {n}]")
    tail = (1.0 - level) / 2.0
    low = float(betaincinv(clicks, n - clicks + 1, tail)) if clicks else 0.0
    high = float(betaincinv(clicks + 1, n - clicks, 1.0 - tail)) if clicks < n else 1.0
    return Interval(clicks / n, low, high, level, "clopper_pearson")


def of_clicks(terms: Terms, *, level: float = 0.95) -> Interval:
    """The same of terms that count: a mean of zeros and ones, or as replay gives them, clicks over matched rounds.

    Raises BadInput, also where a term is neither 0 nor 1.

    >>> of_clicks(Terms(np.zeros(4), np.array([1.0, 0.0, 0.0, 0.0]), np.array([1.0, 1.0, 0.0, 1.0]))).value
    0.3333333333333333
    """
    n = check_terms(terms)
    weighted, weight = (terms.plain, np.ones(n)) if terms.weighted is None else (terms.weighted, terms.weight)
    counted = terms.weighted is None or not terms.plain.any()
    if weight is None or not counted or any(((part != 0) & (part != 1)).any() for part in (weighted, weight)):
        raise BadInput("#/rows", "bound", "Clopper and Pearson's interval is of counts: every term is 0 or 1")
    return clopper_pearson(int(weighted.sum()), int(weight.sum()), level=level)
