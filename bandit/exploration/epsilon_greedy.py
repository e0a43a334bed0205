"""Epsilon-greedy: mostly the best, now and then any."""

from __future__ import annotations

from bandit.arrays import Doubles, Floats
from bandit.config import Exploration
from bandit.kernels import exploring


def spread(scores: Floats, exploration: Exploration, learned: int) -> Doubles:
    """Probabilities [k] before the floor.

        p = epsilon / k + (1 - epsilon) / t  for the t candidates of lowest cost
        p = epsilon / k                      for the others

    Source: Sutton & Barto, Reinforcement Learning, 2.2; ties share as in Vowpal Wabbit's `--epsilon`.

    >>> import numpy as np
    >>> exploration = Exploration(kind="epsilon_greedy", epsilon=0.2)
    >>> spread(np.array([0.5, -1.0], np.float32), exploration, learned=0).tolist()
    [0.1, 0.9]
    """
    return exploring.epsilon_greedy(scores, exploration.epsilon)
