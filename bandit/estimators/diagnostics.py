"""What stands behind an estimate: how much of the log speaks for the target, and whether its propensities are right."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from bandit.arrays import Doubles
from bandit.estimators.propensities import worst
from bandit.estimators.weighed import Weighed


class Diagnostics(NamedTuple):
    """Of a log and a target policy; every estimate from both goes with it."""

    n: int  # rounds
    matched: int  # of them, that the target might have shown
    ess: float  # effective sample size: rounds of equal weight that would know as much, (sum w)^2 / sum w^2
    effective_rewards: float  # the same of w * |r|: how many rewards decide
    mean_weight: float  # 1 less `unsupported`, if the propensities are right
    mean_weight_error: float  # its standard error
    max_weight: float
    unsupported: float | None  # share of the target's mass on ads that were never served; None: the log does not say
    unsupported_low: float | None  # what that share could add to the mean reward, were it the least reward seen
    unsupported_high: float | None  # or the largest
    control_variate: float  # mean of w * (r - q), which is what DR adds to DM; without a model of w - 1
    control_variate_error: float  # its standard error
    calibration: float | None  # draws over draws expected, in the class of propensities that is hardest to believe
    calibration_low: float | None  # its interval
    calibration_high: float | None


def diagnose(rounds: Weighed, counts: Doubles | None = None) -> Diagnostics:
    """Diagnostics of the rounds.

    counts  sum over the log of what `propensities.counted` gives; None: not known

    >>> even = Weighed(np.full(4, 0.5), np.array([1.0, 0.0, 1.0, 0.0]), np.array([1.0, 1.0, 0.0, 0.0]))
    >>> found = diagnose(even)
    >>> found.matched, found.ess, found.effective_rewards, found.mean_weight, found.max_weight
    (2, 2.0, 1.0, 1.0, 2.0)
    """
    weight, n = rounds.weight, rounds.n
    error = _error(weight)
    if rounds.unsupported is not None and rounds.squared is not None:
        # What could have been drawn tells of rare weights that were not, which the sample's own variance misses.
        variance = rounds.squared - (1.0 - rounds.unsupported) ** 2
        error = max(error, math.sqrt(max(0.0, float(variance.mean())) / n))
    controlled = weight - 1.0 if rounds.predicted is None else weight * (rounds.reward - rounds.predicted)
    missing = None if rounds.unsupported is None else float(rounds.unsupported.mean())
    cell = None if counts is None else worst(counts)
    return Diagnostics(
        n=n,
        matched=int(np.count_nonzero(weight)),
        ess=_effective(weight),
        effective_rewards=_effective(weight * np.abs(rounds.reward)),
        mean_weight=float(weight.mean()),
        mean_weight_error=error,
        max_weight=float(weight.max()),
        unsupported=missing,
        unsupported_low=None if missing is None else missing * float(rounds.reward.min()),
        unsupported_high=None if missing is None else missing * float(rounds.reward.max()),
        control_variate=float(controlled.mean()),
        control_variate_error=_error(controlled),
        calibration=None if cell is None else cell.ratio,
        calibration_low=None if cell is None else float(cell.low),
        calibration_high=None if cell is None else float(cell.high),
    )


def _effective(share: Doubles) -> float:
    squares = float(share @ share)
    return float(share.sum()) ** 2 / squares if squares else 0.0


def _error(column: Doubles) -> float:
    return math.sqrt(float(column.var()) / len(column))
