"""Epsilon-greedy without context: mostly the candidate that has earned most so far, now and then any."""

from __future__ import annotations

import numpy as np

from simulations.environments.base import Round
from simulations.environments.streams import Streams
from simulations.policies.base import POLICY, Choice
from simulations.policies.tally import Tally


class EpsilonGreedy:
    """Draws evenly with probability epsilon, else among those of the highest mean; what was never shown counts as 1.

    Rewards in [0, 1].

    epsilon  in [0, 1]
    Source: Sutton & Barto, Reinforcement Learning, 2nd edition, 2.2 and 2.6.
    """

    def __init__(self, seed: int, *, epsilon: float = 0.1) -> None:
        self._streams = Streams(POLICY, seed)
        self._epsilon = epsilon
        self._tally = Tally()

    def choose(self, visit: Round) -> Choice:
        shown, earned = self._tally.of(visit).T
        mean = np.where(shown > 0.0, earned / np.maximum(shown, 1.0), 1.0)
        best = np.flatnonzero(mean == mean.max())
        chance = self._streams.at(visit.t)
        explores = chance.random() < self._epsilon
        chosen = int(chance.integers(mean.size)) if explores else int(best[chance.integers(best.size)])
        greedy = (1.0 - self._epsilon) / best.size if mean[chosen] == mean[best[0]] else 0.0
        return Choice(chosen, self._epsilon / mean.size + greedy)

    def learn(self, visit: Round, choice: Choice, reward: float) -> None:
        self._tally.add(visit, choice.chosen, reward)
