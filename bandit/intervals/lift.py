"""How sure a comparison of two arms is."""

from __future__ import annotations

import math

import numpy as np
from scipy.special import stdtrit

from bandit.arrays import Doubles
from bandit.errors import BadInput
from bandit.intervals.interval import Interval

LONGEST_REACH = 100.0  # of a log ratio; its exp is 1e43, which says nothing and stays far from overflow


def lift(treated: tuple[Doubles, Doubles], control: tuple[Doubles, Doubles], *, level: float = 0.95) -> Interval | None:
    """Relative lift of one arm's rate over another's, with users as the unit of chance.

    A rate is sum(reward) / sum(slots). Its variance is that of a ratio of sums over clusters (linearised);
    the interval is of the log ratio with Student's t, then taken back, so it never falls below -1.

    treated, control  (rewards [m], slots [m]) summed in m buckets of users; buckets without slots are
    left out level             coverage wanted, in (0, 1)

    None where an arm has fewer than two buckets or no positive reward, or where the interval would reach
    beyond every number: nothing can be said yet.
    Source: Kish, Survey Sampling, 1965, 6.3; Deng, Knoblich & Lu, KDD 2018.

    >>> slots = np.full(8, 100.0)
    >>> found = lift((np.arange(8.0, 16.0), slots), (np.arange(4.0, 12.0), slots))
    >>> round(found.value, 3), found.low < found.value < found.high
    (0.533, True)
    """
    if not 0.0 < level < 1.0:
        raise BadInput("#/level", "bound", f"level is {level}; it lies between 0 and 1")
    arms = [_ratio(*arm) for arm in (treated, control)]
    if arms[0] is None or arms[1] is None:
        return None
    (rate, variance, m), (base, base_variance, base_m) = arms[0], arms[1]
    parts = variance / rate**2, base_variance / base**2
    spread = math.sqrt(sum(parts))
    freedom = sum(parts) ** 2 / (parts[0] ** 2 / (m - 1) + parts[1] ** 2 / (base_m - 1)) if spread else 1.0
    reach = float(stdtrit(freedom, 0.5 + level / 2)) * spread
    ratio = rate / base
    if reach > LONGEST_REACH:
        return None
    return Interval(ratio - 1, ratio * math.exp(-reach) - 1, ratio * math.exp(reach) - 1, level)


def _ratio(rewards: Doubles, slots: Doubles) -> tuple[float, float, int] | None:
    """(rate, variance of the rate, buckets) or None if nothing can be said."""
    served = slots > 0
    m = int(np.count_nonzero(served))
    total = float(slots.sum())
    if m < 2 or rewards.sum() <= 0:
        return None
    rate = float(rewards.sum()) / total
    residual = (rewards - rate * slots)[served]
    variance = m / (m - 1) * float(residual @ residual) / total**2
    return rate, variance, m
