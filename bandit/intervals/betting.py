"""A confidence sequence for bounded terms: what a gambler who bets against a mean cannot rule out."""

from __future__ import annotations

import math

import numpy as np
from scipy.optimize import brentq

from bandit.arrays import Doubles
from bandit.estimators.terms import Terms
from bandit.intervals.bounded import scaled
from bandit.intervals.interval import Interval

STAKE = 0.5  # largest share of the capital that one round can cost
SURE = 1e-12  # of the bounds' width: how finely an end is found


def betting(terms: Terms, *, bounds: tuple[float, float], level: float = 0.95) -> Interval:
    """All means against which hedged bets have not yet made 1 into 1 / alpha, with alpha = 1 - level.

    terms   of the n rounds so far in the order they came, a mean
    bounds  what every term lies within, now and later

    Promises at least `level` for all n at once: one may look after every round and stop when one likes. Rounds need
    not be independent; the truth is then the mean of what each was expected to be, given those before.
    Raises as `scaled` does.
    Source: Waudby-Smith & Ramdas, JRSS B 2024, theorem 3 (hedged capital, predictable plug-in bets).

    >>> found = betting(Terms(np.tile([0.0, 1.0], 500)), bounds=(0.0, 1.0))
    >>> round(found.low, 2), found.value, round(found.high, 2)
    (0.43, 0.5, 0.56)
    """
    terms_in = scaled(terms, bounds, level)
    share, wanted = terms_in.share, math.log(2.0 / (1.0 - level))
    bet = _bets(share, wanted)
    low = _end(share, bet, wanted)
    high = 1.0 - _end(1.0 - share, bet, wanted)
    mean = float(share.mean())
    return terms_in.interval(min(low, mean), max(high, mean), level, "betting")


def _bets(share: Doubles, wanted: float) -> Doubles:
    """[n] stakes, each fixed by the rounds before it: large where these varied little."""
    t = np.arange(1, len(share) + 1)
    mean = (0.5 + np.cumsum(share)) / (t + 1)
    variance = (0.25 + np.cumsum((share - mean) ** 2)) / (t + 1)
    before = np.concatenate([[0.25], variance[:-1]])
    bets: Doubles = np.sqrt(2.0 * wanted / (before * t * np.log(t + 1)))
    return bets


def _end(share: Doubles, bet: Doubles, wanted: float) -> float:
    """The smallest mean that bets on more than it have not ruled out; their capital falls as the mean rises."""

    def missing(mean: float) -> float:
        stake = np.minimum(bet, STAKE / max(mean, SURE))
        return wanted - float(np.log1p(stake * (share - mean)).sum())

    return 0.0 if missing(0.0) >= 0.0 else float(brentq(missing, 0.0, 1.0, xtol=SURE))
