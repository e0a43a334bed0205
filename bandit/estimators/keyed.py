"""Chance for many rounds at once that can be looked up again: a number of a decision, not of when it was asked."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from bandit.arrays import Doubles
from bandit.estimators.logged import Indices

_STEP = np.uint64(0x9E3779B97F4A7C15)
_ROUNDS = ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB))  # the finaliser of splitmix64


def keyed(number: Indices, *, seed: int, stream: int = 0) -> npt.NDArray[np.uint64]:
    """[n] 64 bits for each number, evenly spread; other bits for another seed or stream, all three not negative.

    Source: Steele, Lea & Flood, OOPSLA 2014.

    >>> (keyed(np.array([7, 7, 8, 9]), seed=0) % np.uint64(5)).tolist()
    [1, 1, 4, 1]
    """
    key = _mixed(_mixed(np.array([seed], np.uint64)) + np.uint64(stream))
    return _mixed(number.astype(np.uint64) ^ key)


def even(number: Indices, *, seed: int, stream: int = 0) -> Doubles:
    """[n] the same as numbers in [0, 1)."""
    bits = keyed(number, seed=seed, stream=stream) >> np.uint64(11)
    return bits.astype(np.float64) * 2.0**-53


def _mixed(bits: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    bits = bits + _STEP
    for shift, factor in _ROUNDS:
        bits = (bits ^ (bits >> np.uint64(shift))) * np.uint64(factor)
    return bits ^ (bits >> np.uint64(31))
