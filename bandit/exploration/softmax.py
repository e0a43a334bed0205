"""Softmax, or Boltzmann exploration: better scores get exponentially more."""

from __future__ import annotations

from bandit.arrays import Doubles, Floats
from bandit.config import Exploration, sharpness
from bandit.kernels import exploring


def spread(scores: Floats, exploration: Exploration, learned: int) -> Doubles:
    """Probabilities [k] before the floor.

        p = exp(-lambda * cost) / sum of exp(-lambda * cost)
        lambda = softmax_lambda * learned ** softmax_exponent

    Lambda grows since scores become surer: what pays at a click rate of 1 % is too sharp for the first outcomes
    of any. Source: Vowpal Wabbit's `--softmax --lambda`, which is constant.

    >>> import numpy as np
    >>> exploration = Exploration(kind="softmax", softmax_lambda=float(np.log(3.0)), softmax_exponent=0.0)
    >>> spread(np.array([1.0, 0.0], np.float32), exploration, learned=0).round(6).tolist()
    [0.25, 0.75]
    """
    return exploring.softmax(scores, sharpness(exploration, learned))
