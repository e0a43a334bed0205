"""The entry to exploration: the kind a policy names, with the floor no candidate falls below."""

from __future__ import annotations

from bandit.arrays import Floats
from bandit.config import Exploration
from bandit.exploration import epsilon_greedy, greedy, softmax, squarecb, uniform
from bandit.kernels import exploring

SPREADS = {
    "epsilon_greedy": epsilon_greedy.spread,
    "greedy": greedy.spread,
    "softmax": softmax.spread,
    "squarecb": squarecb.spread,
    "uniform": uniform.spread,
}


def probabilities(scores: Floats, exploration: Exploration, learned: int) -> Floats:
    """The float32 probabilities [k] to draw with and to log: at least f each, summing to 1 within 1e-6.

        (1 - k * f) * p + f,  f = min(min_probability, 0.5 / k)

    scores   float32[k] predicted costs; any number, even not finite, gives probabilities
    learned  outcomes behind the scores

    >>> import numpy as np
    >>> exploration = Exploration(kind="greedy", min_probability=0.125)
    >>> probabilities(np.array([0.5, -1.0], np.float32), exploration, learned=0).tolist()
    [0.125, 0.875]
    """
    spread = SPREADS[exploration.kind](scores, exploration, learned)
    return exploring.floored(spread, floor(exploration, scores.size))


def floor(exploration: Exploration, k: int) -> float:
    """What none of k candidates falls below; at most half of all the mass goes to floors."""
    return min(exploration.min_probability, 0.5 / max(k, 1))
