"""Uniform: every candidate alike, whatever the model says."""

from __future__ import annotations

import numpy as np

from bandit.arrays import Doubles, Floats
from bandit.config import Exploration


def spread(scores: Floats, exploration: Exploration, learned: int) -> Doubles:
    """Probabilities [k] before the floor: 1 / k.

    >>> spread(np.array([0.5, -1.0], np.float32), Exploration(kind="uniform"), learned=0).tolist()
    [0.5, 0.5]
    """
    return np.full(scores.size, 1.0 / max(scores.size, 1))
