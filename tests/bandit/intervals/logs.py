"""Terms for the tests of intervals."""

from __future__ import annotations

import numpy as np

from bandit.estimators.terms import Terms


def a_mean(seed: int, n: int = 200) -> Terms:
    """Of numbers in [0, 1]."""
    return Terms(np.random.default_rng(seed).beta(1.0, 3.0, n))


def a_ratio(seed: int, n: int = 200) -> Terms:
    """SNIPS of clicks, with weights up to 4."""
    chance = np.random.default_rng(seed)
    weight = 4.0 * chance.beta(1.0, 3.0, n)
    return Terms(np.zeros(n), weight * (chance.random(n) < 0.3), weight)


def both(seed: int, n: int = 200) -> Terms:
    """SNDR: a mean and a ratio."""
    return a_ratio(seed, n)._replace(plain=a_mean(seed, n).plain)
