"""What the estimates of `values.json` are of, from seeds: read by what makes them and by the test alike. Numpy only."""

from __future__ import annotations

import itertools
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Doubles = npt.NDArray[np.float64]
Indices = npt.NDArray[np.int64]

# seed, decisions m, actions k, slots on a page, how differently from one another logging and target policy choose
CASES = ((1, 300, 6, 3, 0.5), (2, 200, 5, 4, 2.0), (3, 500, 8, 2, 4.0))


class Case(NamedTuple):
    """Pages of L slots drawn one after another without putting back, a target that draws likewise, and a wrong model.

    Conditional probabilities are given the slots before; joint ones are of this slot and all before it.
    """

    action: Indices  # [m, L]
    reward: Doubles  # [m, L]
    conditional: Doubles  # [m, L]
    target_conditional: Doubles  # [m, L]
    joint: Doubles  # [m, L]
    target_joint: Doubles  # [m, L]
    marginal: Doubles  # [m, L] summed over all pages
    target_marginal: Doubles  # [m, L]
    first: Doubles  # [m, k] probabilities of the first draw
    target_first: Doubles  # [m, k]
    target_every: Doubles  # [m, L, k] the target's conditional ones, given the logged slots before
    q: Doubles  # [m, L, k] the model's


def case(seed: int, m: int, k: int, slots: int, contrast: float) -> Case:
    """From RandomState, whose numbers are the same in every version of numpy."""
    random = np.random.RandomState(seed)
    first, target_first = (_softmax(contrast * random.standard_normal((m, k))) for _ in range(2))
    action = np.array([_page(p, random.random_sample(slots)) for p in first])
    every, target_every = (
        np.array([_along(p, page) for p, page in zip(of, action, strict=True)]) for of in (first, target_first)
    )
    conditional, target_conditional = (
        np.take_along_axis(table, action[:, :, None], axis=2)[:, :, 0] for table in (every, target_every)
    )
    marginal, target_marginal = (
        np.array([_marginal(p, page) for p, page in zip(of, action, strict=True)]) for of in (first, target_first)
    )
    liked = random.random_sample(k)
    reward = liked[action] / (1 + np.arange(slots)) + 0.3 * random.standard_normal((m, slots))
    return Case(
        action, reward, conditional, target_conditional,
        conditional.cumprod(axis=1), target_conditional.cumprod(axis=1),
        marginal, target_marginal, first, target_first, target_every, random.random_sample((m, slots, k)),
    )  # fmt: skip


def _softmax(scores: Doubles) -> Doubles:
    mass = np.exp(scores)
    return mass / mass.sum(axis=1, keepdims=True)


def _left(p: Doubles, used: Indices) -> Doubles:
    mass = p.copy()
    mass[used] = 0.0
    return mass / mass.sum()


def _page(p: Doubles, draws: Doubles) -> list[int]:
    used: list[int] = []
    for draw in draws:
        used.append(int(np.searchsorted(np.cumsum(_left(p, used)), draw, side="right")))
    return used


def _along(p: Doubles, page: Indices) -> list[Doubles]:
    return [_left(p, page[:place]) for place in range(len(page))]


def _marginal(p: Doubles, page: Indices) -> Doubles:
    """By going through every page there could have been."""
    found = np.zeros(len(page))
    for other in itertools.permutations(range(len(p)), len(page)):
        mass, gone = 1.0, 0.0
        for action in other:
            mass *= p[action] / (1.0 - gone)
            gone += p[action]
        found += mass * (np.array(other) == page)
    return found
