"""SquareCB, inverse gap weighting: the worse a candidate looks, the less it is tried."""

from __future__ import annotations

from bandit.arrays import Doubles, Floats
from bandit.config import Exploration, gamma
from bandit.kernels import exploring


def spread(scores: Floats, exploration: Exploration, learned: int) -> Doubles:
    """Probabilities [k] before the floor.

        p = 1 / (k + gamma * (cost - lowest cost))  for all but the first of lowest cost, which gets the rest
        gamma = gamma_scale * learned ** gamma_exponent

    Source: Foster & Rakhlin, ICML 2020, arXiv 2002.04926; as in Vowpal Wabbit's `--squarecb`.

    >>> import numpy as np
    >>> exploration = Exploration(kind="squarecb", gamma_scale=2.0, gamma_exponent=0.5)
    >>> spread(np.array([-1.0, 0.0], np.float32), exploration, learned=9).tolist()
    [0.875, 0.125]
    """
    return exploring.squarecb(scores, gamma(exploration, learned))
