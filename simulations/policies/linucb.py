"""LinUCB: a linear model a candidate, and the benefit of the doubt."""

from __future__ import annotations

import numpy as np

from simulations.environments.base import Round
from simulations.environments.streams import Streams
from simulations.kernels.ridge import highest
from simulations.policies.base import POLICY, Choice
from simulations.policies.ridge import Ridge


class LinUcb:
    """Shows the largest `mean + alpha * standard error`; ties are drawn.

    alpha         how much the doubt counts
    penalty       of the ridge regression, as if so many rounds had been seen in which nothing was earned
    standardised  scale the features of a context by their mean and spread so far
    Source: Li, Chu, Langford & Schapire, WWW 2010, algorithm 1 (disjoint).
    """

    def __init__(self, seed: int, *, alpha: float = 0.2, penalty: float = 10.0, standardised: bool = True) -> None:
        self._streams = Streams(POLICY, seed)
        self._alpha = alpha
        self._ridge = Ridge(penalty=penalty, standardised=standardised)
        self._best = np.empty(0, np.int64)

    def choose(self, visit: Round) -> Choice:
        ridge = self._ridge
        rows, x = ridge.meet(visit)
        if rows.size > self._best.size:
            self._best = np.empty(rows.size, np.int64)
        tied = highest(ridge.inverse, ridge.moment, rows, x, self._alpha, self._best)
        at = 0 if tied == 1 else int(self._streams.at(visit.t).integers(tied))
        return Choice(int(self._best[at]), 1.0 / tied)

    def learn(self, visit: Round, choice: Choice, reward: float) -> None:
        self._ridge.update(visit, choice.chosen, reward)
