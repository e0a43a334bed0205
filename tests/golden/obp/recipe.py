"""What the estimates of `values.json` are of, from seeds: read by what makes them and by the test alike. Numpy only."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Doubles = npt.NDArray[np.float64]
Indices = npt.NDArray[np.int64]

# seed, rounds n, actions k, how differently from one another logging and target policy choose
CASES = ((1, 1_000, 10, 1.0), (2, 2_000, 10, 3.0), (3, 1_500, 10, 5.0))
D = 4  # features of a request
ACTIONS, PLACES = 80, 3  # of the Open Bandit Dataset


class Case(NamedTuple):
    """A log whose every number is known, a target policy and a reward model that is wrong."""

    context: Doubles  # [n, D]
    logging: Doubles  # [n, k]
    target: Doubles  # [n, k]
    q: Doubles  # [n, k]
    action: Indices  # [n]
    reward: Doubles  # [n]


def case(seed: int, n: int, k: int, contrast: float) -> Case:
    """Clicks for even seeds, purchases for odd ones."""
    rng = np.random.Generator(np.random.PCG64(seed))
    context = rng.random((n, D)) * 2 - 1
    worth = 1 / (1 + np.exp(-(context @ (rng.random((D, k)) * 2 - 1) - 1)))
    logging = _softmax(contrast * (rng.random((n, k)) - 0.5))
    target = _softmax(contrast * (2 * worth + rng.random((n, k)) - 0.5))
    action = (logging.cumsum(axis=1) < rng.random(n)[:, None]).sum(axis=1).clip(max=k - 1)
    shown = worth[np.arange(n), action]
    reward = (rng.random(n) < shown).astype(float) if seed % 2 == 0 else shown * 10 * rng.random(n)
    q = np.clip(worth + 0.2 * (rng.random((n, k)) - 0.5), 0, 1)
    return Case(context, logging, target, q, action, reward)


def rates(item: Indices, place: Indices, click: Doubles) -> Doubles:
    """[ACTIONS, PLACES] clicks a display, drawn towards 0.4 % by 100 displays: a reward model for the real log."""
    cell = item * PLACES + place
    shown = np.bincount(cell, minlength=ACTIONS * PLACES)
    clicked = np.bincount(cell, click, minlength=ACTIONS * PLACES)
    return ((clicked + 0.4) / (shown + 100)).reshape(ACTIONS, PLACES)


def _softmax(scores: Doubles) -> Doubles:
    spread = np.exp(scores - scores.max(axis=1, keepdims=True))
    shares: Doubles = spread / spread.sum(axis=1, keepdims=True)
    return shares
