"""LinUCB: a linear model a candidate, and the benefit of the doubt."""

from __future__ import annotations

import numpy as np

from simulations.environments.base import Round, stream
from simulations.policies.base import POLICY, Choice
from simulations.policies.ridge import Ridge


class LinUcb:
    """Shows the largest `mean + alpha * standard error`; ties are drawn.

    Source: Li, Chu, Langford & Schapire, WWW 2010, algorithm 1 (disjoint).
    """

    def __init__(self, seed: int, *, alpha: float, penalty: float = 10.0, standardised: bool = True) -> None:
        self._seed = seed
        self._alpha = alpha
        self._ridge = Ridge(penalty=penalty, standardised=standardised)

    def choose(self, visit: Round) -> Choice:
        mean, error = self._ridge.predict(visit)
        bound = mean + self._alpha * error
        best = np.flatnonzero(bound == bound.max())
        drawn = int(stream(POLICY, self._seed, visit.t).integers(best.size))
        return Choice(int(best[drawn]), 1.0 / best.size)

    def learn(self, visit: Round, choice: Choice, reward: float) -> None:
        self._ridge.update(visit, choice.chosen, reward)
