"""Greedy: always the best. With a floor of 0 it never finds out what it does not know."""

from __future__ import annotations

from bandit.arrays import Doubles, Floats
from bandit.config import Exploration
from bandit.kernels import exploring


def spread(scores: Floats, exploration: Exploration, learned: int) -> Doubles:
    """Probabilities [k] before the floor: 1 / t for the t candidates of lowest cost, else 0.

    >>> import numpy as np
    >>> spread(np.array([0.5, -1.0, -1.0], np.float32), Exploration(kind="greedy"), learned=0).tolist()
    [0.0, 0.5, 0.5]
    """
    return exploring.epsilon_greedy(scores, 0.0)
