"""Scores to probabilities: one kernel a kind, and the floor under all of them.

Compiler options: see jit.py. Scores are costs, lower is better. Any float32 is taken, since a kernel does not
raise: NaN counts as the largest cost there is, so that one bad number cannot take the others with it.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from bandit.kernels.jit import F32, F32_OUT, F64, F64_OUT, float64, inner, kernel

Scores = npt.NDArray[np.float32]
Spread = npt.NDArray[np.float64]
Probabilities = npt.NDArray[np.float32]

WORST = float(np.finfo(np.float32).max)


@inner
def _cost(score: np.float32) -> float:
    if not score <= WORST:  # NaN, too
        return WORST
    return max(float(score), -WORST)


@inner
def _cheapest(scores: Scores) -> int:
    """First position of the lowest cost."""
    best = 0
    for i in range(1, scores.size):
        if _cost(scores[i]) < _cost(scores[best]):
            best = i
    return best


@kernel(F64_OUT, F32, float64)
def epsilon_greedy(scores: Scores, epsilon: float) -> Spread:
    """`epsilon` spread evenly, the rest shared by all that have the lowest cost."""
    k = scores.size
    spread = np.full(k, epsilon / max(k, 1))
    if k == 0:
        return spread
    lowest = _cost(scores[_cheapest(scores)])
    tied = 0
    for i in range(k):
        tied += _cost(scores[i]) == lowest
    for i in range(k):
        if _cost(scores[i]) == lowest:
            spread[i] += (1.0 - epsilon) / tied
    return spread


@kernel(F64_OUT, F32, float64)
def softmax(scores: Scores, sharpness: float) -> Spread:
    """In proportion to exp(-sharpness * cost); taken relative to the lowest cost, so nothing overflows."""
    spread = np.empty(scores.size)
    if scores.size == 0:
        return spread
    lowest = _cost(scores[_cheapest(scores)])
    for i in range(scores.size):
        spread[i] = np.exp(-sharpness * (_cost(scores[i]) - lowest))
    total = spread.sum()
    for i in range(scores.size):
        spread[i] /= total
    return spread


@kernel(F64_OUT, F32, float64)
def squarecb(scores: Scores, gamma: float) -> Spread:
    """1 / (k + gamma * regret) for all but the first cheapest, which gets the rest."""
    k = scores.size
    spread = np.empty(k)
    if k == 0:
        return spread
    best = _cheapest(scores)
    lowest = _cost(scores[best])
    rest = 1.0
    for i in range(k):
        if i != best:
            spread[i] = 1.0 / (k + gamma * (_cost(scores[i]) - lowest))
            rest -= spread[i]
    spread[best] = rest
    return spread


@kernel(F32_OUT, F64, float64)
def floored(spread: Spread, floor: float) -> Probabilities:
    """(1 - k * floor) * p + floor, as the float32 numbers that are drawn with and logged."""
    share = 1.0 - spread.size * floor
    probabilities = np.empty(spread.size, np.float32)
    for i in range(spread.size):
        probabilities[i] = share * spread[i] + floor
    return probabilities
