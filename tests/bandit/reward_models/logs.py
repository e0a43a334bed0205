"""Logs whose truth is known, and their parts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from bandit.arrays import Doubles
from bandit.estimators.logged import Indices, Logged, checked
from bandit.reward_models.rounds import only

PLACES, ACTIONS, FEATURES = 3, 7, 2


def truth(logged: Logged) -> Doubles:
    """[s] mean reward of each candidate: something of the action, its slot, and one feature for even actions."""
    of = np.repeat(np.arange(logged.n), np.diff(logged.start))
    liked = 0.2 + 0.05 * logged.action + 0.1 * logged.shared[of, 0] * (logged.action % 2 == 0)
    return liked / (1 + logged.slot[of])


def log(decisions: int, seed: int = 0, *, first: int = 0) -> Logged:
    """Pages of one to three slots, each of 2 to 6 candidates shown unevenly; rewards are clicks."""
    generator = np.random.default_rng([seed, decisions])
    slots = generator.integers(1, PLACES + 1, decisions)
    decision = np.repeat(np.arange(first, first + decisions), slots)
    n = len(decision)
    length = generator.integers(2, ACTIONS, n)
    start = np.concatenate([[0], np.cumsum(length)])
    action = np.concatenate([generator.permutation(ACTIONS)[:k] for k in length])
    mass = 0.2 + generator.random(start[-1])
    served = mass / np.repeat(np.add.reduceat(mass, start[:-1]), length)
    chosen = _drawn(served, start, generator.random(n))
    unclicked = Logged(
        start, action, ACTIONS, served, chosen, served[chosen], np.zeros(n),
        np.arange(n) - np.repeat(np.cumsum(slots) - slots, slots), decision, generator.uniform(-1, 1, (n, FEATURES)),
    )  # fmt: skip
    clicks = (generator.random(n) < truth(unclicked)[chosen]).astype(float)
    return checked(replace(unclicked, reward=clicks))


def parts(logged: Logged, size: int) -> Iterator[Logged]:
    """The log in batches of so many rounds, which may cut a decision in two."""
    for begin in range(0, logged.n, size):
        yield only(logged, np.arange(begin, min(begin + size, logged.n)))


def design(logged: Logged, candidate: Indices, *, slopes: bool) -> Doubles:
    """[c, columns] of a ridge without its constant: features, slots, actions, features of each action."""
    of = np.searchsorted(logged.start, candidate, side="right") - 1
    x, action = logged.shared[of], np.eye(ACTIONS)[logged.action[candidate]]
    own = (action[:, :, None] * x[:, None, :]).reshape(len(x), -1)
    return np.hstack([x, np.eye(PLACES)[logged.slot[of]], action, *([own] if slopes else [])])


def _drawn(served: Doubles, start: Indices, draw: Doubles) -> Indices:
    cumulated = np.cumsum(served)
    before = cumulated[start[:-1]] - served[start[:-1]]
    return np.clip(np.searchsorted(cumulated, before + draw), start[:-1], start[1:] - 1)
