"""Ridge regression a candidate, kept up to date one round at a time: what LinUCB and LinTS share."""

from __future__ import annotations

import numpy as np

from bandit.arrays import Doubles
from simulations.environments.base import Pair, Round
from simulations.policies.columns import MOST, Columns


class Ridge:
    """One linear model a candidate over the request's features."""

    def __init__(self, *, penalty: float = 10.0, standardised: bool = True) -> None:
        self._penalty = penalty
        self._columns = Columns(standardised=standardised)
        self._row: dict[Pair, int] = {}
        self._inverse = np.zeros((0, MOST, MOST))  # of the penalised moment matrix
        self._moment = np.zeros((0, MOST))  # sum of reward * features
        self._features: dict[int, Doubles] = {}  # round -> its features, until it is learned

    def predict(self, visit: Round) -> tuple[Doubles, Doubles]:
        """Mean [k] and standard error [k], for noise 1, of each candidate's reward."""
        x = self._features[visit.t] = self._columns.of(visit)
        d = x.size
        rows = [self._at(pair) for pair in visit.candidates]
        leverage = self._inverse[rows, :d, :d] @ x
        return (leverage * self._moment[rows, :d]).sum(axis=1), np.sqrt(np.maximum(leverage @ x, 0.0))

    def update(self, visit: Round, index: int, reward: float) -> None:
        """Sherman-Morrison: one more row of this candidate's regression."""
        x = self._features.pop(visit.t)
        d, row = x.size, self._at(visit.candidates[index])
        inverse = self._inverse[row, :d, :d]
        step = inverse @ x
        inverse -= np.outer(step, step) / (1.0 + step @ x)
        self._moment[row, :d] += reward * x

    def _at(self, pair: Pair) -> int:
        row = self._row.setdefault(pair, len(self._row))
        if row >= len(self._moment):
            more = max(64, len(self._moment))
            self._inverse = np.concatenate([self._inverse, np.tile(np.eye(MOST) / self._penalty, (more, 1, 1))])
            self._moment = np.concatenate([self._moment, np.zeros((more, MOST))])
        return row
