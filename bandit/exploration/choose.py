"""The entry to exploration: the kind a policy names, with the floor no candidate falls below."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from bandit.arrays import Doubles, Floats
from bandit.config import Exploration, ExplorationKind, gamma, sharpness
from bandit.exploration import epsilon_greedy, greedy, softmax, squarecb, uniform
from bandit.kernels import choosing, exploring


class Kind(NamedTuple):
    """How one kind is done: step by step, and inside the kernel that answers plain requests."""

    spread: Callable[[Floats, Exploration, int], Doubles]
    code: int  # of bandit.kernels.choosing
    sharpness: Callable[[Exploration, int], float]  # the number that goes with it


KINDS: dict[ExplorationKind, Kind] = {
    "epsilon_greedy": Kind(epsilon_greedy.spread, choosing.EPSILON_GREEDY, lambda given, learned: given.epsilon),
    "greedy": Kind(greedy.spread, choosing.EPSILON_GREEDY, lambda given, learned: 0.0),
    "softmax": Kind(softmax.spread, choosing.SOFTMAX, sharpness),
    "squarecb": Kind(squarecb.spread, choosing.SQUARECB, gamma),
    "uniform": Kind(uniform.spread, choosing.EPSILON_GREEDY, lambda given, learned: 1.0),
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
    spread = KINDS[exploration.kind].spread(scores, exploration, learned)
    return exploring.floored(spread, floor(exploration, scores.size))


def floor(exploration: Exploration, k: int) -> float:
    """What none of k candidates falls below; at most half of all the mass goes to floors."""
    return min(exploration.min_probability, 0.5 / max(k, 1))
