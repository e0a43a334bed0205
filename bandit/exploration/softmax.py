"""Softmax, or Boltzmann exploration: better scores get exponentially more."""

from __future__ import annotations

from bandit.arrays import Doubles, Floats
from bandit.config import Exploration
from bandit.kernels import exploring


def spread(scores: Floats, exploration: Exploration, learned: int) -> Doubles:
    """Probabilities [k] before the floor.

        p = exp(-lambda * cost) / sum of exp(-lambda * cost)

    Source: Vowpal Wabbit's `--softmax --lambda`.

    >>> import numpy as np
    >>> exploration = Exploration(kind="softmax", softmax_lambda=float(np.log(3.0)))
    >>> spread(np.array([1.0, 0.0], np.float32), exploration, learned=0).round(6).tolist()
    [0.25, 0.75]
    """
    return exploring.softmax(scores, exploration.softmax_lambda)
