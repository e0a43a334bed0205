"""Logs at random, and one to spoil."""

from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest

from bandit.estimators.logged import Logged


def a_log(seed: int, n: int = 200) -> Logged:
    """Rounds of 2 to 5 of 6 actions, served unevenly, half of them clicked."""
    rng = np.random.default_rng(seed)
    start = np.append(0, rng.integers(2, 6, n).cumsum())
    shares = [rng.dirichlet(np.ones(end - begin)) for begin, end in pairwise(start)]
    chosen = start[:-1] + np.array([rng.choice(len(share), p=share) for share in shares])
    served = np.concatenate(shares)
    action = np.concatenate([rng.permutation(6)[: len(share)] for share in shares])
    place, shared = np.zeros(n, np.int64), rng.normal(size=(n, 2))
    reward = (rng.random(n) < 0.5).astype(float)
    return Logged(start, action, 6, served, chosen, served[chosen], reward, place, np.arange(n), shared)


@pytest.fixture(scope="session")
def log() -> Callable[..., Logged]:
    """`log(seed, n=200)`."""
    return a_log
