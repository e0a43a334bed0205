"""UCB1: each candidate has a rate of its own, whoever comes, and the benefit of the doubt."""

from __future__ import annotations

import numpy as np

from simulations.environments.base import Round
from simulations.environments.streams import Streams
from simulations.policies.base import POLICY, Choice
from simulations.policies.tally import Tally


class Ucb1:
    """Shows the largest `mean + sqrt(width * ln(rounds) / shown)`, first of all what was never shown; ties are drawn.

    rounds are those in which one of the candidates at hand was shown. Rewards in [0, 1].

    width  2 has the proof; click rates of a few per cent are learned sooner with less
    Source: Auer, Cesa-Bianchi & Fischer, Finite-time Analysis of the Multiarmed Bandit Problem, Machine Learning 2002.
    """

    def __init__(self, seed: int, *, width: float = 2.0) -> None:
        self._streams = Streams(POLICY, seed)
        self._width = width
        self._tally = Tally()

    def choose(self, visit: Round) -> Choice:
        shown, earned = self._tally.of(visit).T
        tried = np.maximum(shown, 1.0)
        bound = earned / tried + np.sqrt(self._width * np.log(max(float(shown.sum()), 1.0)) / tried)
        bound[shown == 0.0] = np.inf
        best = np.flatnonzero(bound == bound.max())
        at = 0 if best.size == 1 else int(self._streams.at(visit.t).integers(best.size))
        return Choice(int(best[at]), 1.0 / best.size)

    def learn(self, visit: Round, choice: Choice, reward: float) -> None:
        self._tally.add(visit, choice.chosen, reward)
