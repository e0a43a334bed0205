"""Empirical likelihood: of all reweightings of the log that its weights allow, those not too far from it."""

from __future__ import annotations

import math
from typing import NamedTuple

from scipy.special import stdtrit

from bandit.arrays import Doubles
from bandit.errors import BadInput
from bandit.estimators.terms import Terms
from bandit.intervals.interval import Interval, check_level, check_terms

NEARLY = 1e-9  # relative; how far rounding may take a weight beyond its bound


def empirical_likelihood(
    terms: Terms,
    *,
    most: float,
    least: float = 0.0,
    rewards: tuple[float, float] = (0.0, 1.0),
    level: float = 0.95,
) -> Interval:
    """Interval of a policy's mean reward, from weights that must average 1 and rewards within bounds.

    The log is joined by one round that was not seen, with the weight and reward that would do most harm; of all
    probabilities over these rounds whose mean weight is 1 it takes those within a distance (Cressie-Read power -2,
    so that both ends have a closed form) and gives the least and the largest mean reward.

    terms    of n rounds as SNIPS has them: weighted = weight * reward, weight, and no plain part
    most     largest weight there can be, above 1: 1 over the smallest propensity the log could hold
    least    smallest weight there can be, below 1
    rewards  bounds of a reward

    Promises `level` asymptotically, and holds on to it in heavy tails where `normal` and `bootstrap` do not.
    Raises BadInput for a level outside (0, 1), fewer than two rounds, other terms, or bounds that are none.
    Source: Karampatziakis, Langford & Mineiro, ICML 2020.

    >>> import numpy as np
    >>> weight = np.tile([2.0, 0.0], 50)
    >>> found = empirical_likelihood(Terms(np.zeros(100), weight * 0.5, weight), most=2.0)
    >>> found.low < 0.5 < found.high
    True
    """
    check_level(level)
    n = check_terms(terms)
    if terms.weighted is None or terms.weight is None or terms.plain.any():
        raise BadInput("#/rows", "type", "this interval is of weights and what they weigh, as SNIPS has them")
    low, high = rewards
    _check_bounds(terms.weighted, terms.weight, (least, most), rewards)
    seen = _sums(terms.weighted, terms.weight)
    radius = seen.joined(most if seen.weight < n else least, low).off + float(stdtrit(n, 0.5 + level / 2)) ** 2
    value = terms.value
    lowest = seen.lowest((least, most), low, radius)
    highest = -_sums(-terms.weighted, terms.weight).lowest((least, most), -high, radius)
    ends = min(max(lowest, low), value), max(min(highest, high), value)
    return Interval(value, *ends, level, "empirical_likelihood")


class _Sums(NamedTuple):
    """Sums over rounds of weights w and rewards r."""

    n: int
    weight: float  # w
    squared: float  # w ** 2
    weighted: float  # w * r
    crossed: float  # w ** 2 * r
    rewarded: float  # (w * r) ** 2

    def joined(self, weight: float, reward: float) -> _Sums:
        """With one round more."""
        return _Sums(
            self.n + 1,
            self.weight + weight,
            self.squared + weight**2,
            self.weighted + weight * reward,
            self.crossed + weight**2 * reward,
            self.rewarded + (weight * reward) ** 2,
        )

    @property
    def variance(self) -> float:
        """Of the weights; above 0 where two of them differ."""
        return self.squared / self.n - (self.weight / self.n) ** 2

    @property
    def off(self) -> float:
        """How far the nearest probabilities under which weights average 1 are from even ones."""
        return self.n * (1.0 - self.weight / self.n) ** 2 / self.variance

    def lowest(self, weights: tuple[float, float], reward: float, radius: float) -> float:
        """The least mean reward within the radius, with an unseen round of either weight and this reward."""
        either = [self.joined(weight, reward) for weight in weights]
        return min(joined.nearby(radius) for joined in either if joined.off <= radius)

    def nearby(self, radius: float) -> float:
        """The least mean of w * r within the radius: a linear goal on a ball cut by a plane."""
        mean, value = self.weight / self.n, self.weighted / self.n
        shared = self.crossed / self.n - mean * value
        slope = shared / self.variance
        left_over = self.rewarded / self.n - value**2 - slope * shared  # variance of w * r that w does not explain
        reach = math.sqrt(max((radius - self.off) / self.n * left_over, 0.0))
        return value + (1.0 - mean) * slope - reach


def _sums(weighted: Doubles, weight: Doubles) -> _Sums:
    return _Sums(
        len(weight),
        float(weight.sum()),
        float(weight @ weight),
        float(weighted.sum()),
        float(weight @ weighted),
        float(weighted @ weighted),
    )


def _check_bounds(
    weighted: Doubles, weight: Doubles, weights: tuple[float, float], rewards: tuple[float, float]
) -> None:
    (least, most), (low, high) = weights, rewards
    if not 0.0 <= least < 1.0 < most < math.inf:
        raise BadInput("#/most", "bound", f"weights are finite and lie around 1, not in [{least}, {most}]")
    if not (low < high and math.isfinite(low) and math.isfinite(high)):
        raise BadInput("#/rewards", "bound", f"rewards are finite and their bounds rise, not {low} and {high}")
    if (weight < least * (1.0 - NEARLY)).any() or (weight > most * (1.0 + NEARLY)).any():
        raise BadInput("#/most", "bound", f"weights reach from {weight.min()} to {weight.max()}, not [{least}, {most}]")
    slack = NEARLY * max(abs(low), abs(high)) * weight
    if (weighted < low * weight - slack).any() or (weighted > high * weight + slack).any():
        raise BadInput("#/rewards", "bound", f"a reward lies outside [{low}, {high}]")
