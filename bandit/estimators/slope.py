"""How strongly to clip, switch or shrink, told from the log itself."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
from scipy.special import stdtrit

from bandit.errors import BadInput
from bandit.estimators.terms import Terms
from bandit.estimators.weighed import Weighed

Family = Callable[[Weighed, float], Terms]  # an estimator and its parameter; the terms have no `weight`
_AGREEMENT = math.sqrt(6.0) - 1.0  # of widths, from the analysis of SLOPE++


def slope(estimate: Family, rounds: Weighed, values: Sequence[float], *, delta: float = 0.1) -> Terms:
    """The estimate at the parameter that SLOPE++ chooses.

    Estimates are put in order of the width of their intervals, the widest (and least biased) first. Each next one is
    taken while it agrees with all before it within their widths; the first that does not shows that bias has begun to
    outweigh, and the one before it is the answer. Costs one estimate for each value. What an interval around the answer
    does not know is that it was chosen.

    values  of the parameter; more of it means less variance and more bias, or the other way round throughout
    delta   probability that an interval is too short, in (0, 1)

    Raises BadInput if there are no values, delta is not in (0, 1) or there are fewer than two rounds.
    Source: Su, Srinath & Krishnamurthy, ICML 2020; Tucker & Lee, workshop at ICML 2021 (SLOPE++).

    >>> from bandit.estimators.clipped import clipped
    >>> rounds = Weighed(np.full(4, 0.1), np.array([0.4, 0.0, 0.1, 0.0]), np.ones(4))
    >>> slope(lambda rounds, largest: clipped(rounds, largest=largest), rounds, [4.0, np.inf]).value
    1.25
    """
    if not values or not 0.0 < delta < 1.0 or rounds.n < 2:
        raise BadInput("#/values", "bound", "SLOPE wants one value at least, two rounds and a delta between 0 and 1")
    estimates = [estimate(rounds, value) for value in values]
    means = np.array([terms.value for terms in estimates])
    widths = np.array([_width(terms, delta) for terms in estimates])
    order: list[int] = np.argsort(widths, kind="stable")[::-1].tolist()
    for place, at in enumerate(order):
        before = order[:place]
        apart = np.abs(means[before] - means[at]) > widths[at] + _AGREEMENT * widths[before]
        if apart.any():
            return estimates[order[place - 1]]
    return estimates[order[-1]]


def least_error(
    estimate: Family, unbiased: Terms, rounds: Weighed, values: Sequence[float], *, delta: float | None = 0.1
) -> Terms:
    """The estimate with the least bound on its mean squared error: variance plus squared bias.

    The bias is how far it is from `unbiased`, plus what chance may hide of it (Bernstein's inequality); with `delta`
    None, the distance alone.

    unbiased  `ips` or `dr` of the same rounds

    Raises BadInput if there are no values.
    Source: Su, Dimakopoulou, Krishnamurthy & Dudik, ICML 2020, section 5.

    >>> from bandit.estimators.clipped import clipped
    >>> from bandit.estimators.ips import ips
    >>> rounds = Weighed(np.full(4, 0.1), np.array([0.4, 0.0, 0.1, 0.0]), np.ones(4))
    >>> unclipped = ips(rounds)
    >>> least_error(lambda rounds, largest: clipped(rounds, largest=largest), unclipped, rounds, [1.0, 4.0]).value
    1.25
    """
    if not values:
        raise BadInput("#/values", "bound", "tuning wants one value at least")
    hidden = 0.0 if delta is None else _hidden(rounds, math.log(2.0 / delta))
    estimates = [estimate(rounds, value) for value in values]
    errors = [terms.plain.var() / rounds.n + (abs(terms.value - unbiased.value) + hidden) ** 2 for terms in estimates]
    return estimates[int(np.argmin(errors))]


def _width(terms: Terms, delta: float) -> float:
    n = len(terms.plain)
    return float(stdtrit(n - 1, 1.0 - delta)) * math.sqrt(terms.plain.var() / (n - 1))


def _hidden(rounds: Weighed, logarithm: float) -> float:
    weight, n = rounds.weight, rounds.n
    return math.sqrt(2.0 * float(weight @ weight) / n * logarithm / n) + 2.0 * float(weight.max()) * logarithm / (3 * n)
