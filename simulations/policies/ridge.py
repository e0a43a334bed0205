"""Ridge regression a candidate, kept up to date one round at a time: what LinUCB and LinTS share."""

from __future__ import annotations

import numpy as np

from bandit.arrays import Doubles
from simulations.environments.base import Round
from simulations.kernels import ridge
from simulations.policies.features import Features
from simulations.policies.rows import Places, Rows

_WIDTH, _ROWS = 16, 16  # of the first tables; both double when there is need


class Ridge:
    """One linear model a candidate over the request's features."""

    def __init__(self, *, penalty: float = 10.0, standardised: bool = True) -> None:
        self._penalty = penalty
        self._features = Features(standardised=standardised)
        self._rows = Rows()
        self.inverse = np.zeros((0, _WIDTH, _WIDTH))  # of each candidate's penalised moment matrix
        self.moment = np.zeros((0, _WIDTH))  # sum of reward * features

    def meet(self, visit: Round) -> tuple[Places, Doubles]:
        """Rows [k] of the candidates and features [d] of a round; to be called once a round, in order."""
        rows, x = self._rows.of(visit.candidates), self._features.of(visit)
        if len(self._rows) > len(self.moment) or x.size > self.moment.shape[1]:
            self._grow(len(self._rows), x.size)
        return rows, x

    def predict(self, visit: Round) -> tuple[Doubles, Doubles]:
        """Mean [k] and standard error [k], for noise 1, of each candidate's reward; meets the round."""
        rows, x = self.meet(visit)
        mean, error = np.empty((2, rows.size))
        ridge.predict(self.inverse, self.moment, rows, x, mean, error)
        return mean, error

    def update(self, visit: Round, index: int, reward: float) -> None:
        """One more row of this candidate's regression."""
        x = self._features.taken(visit)
        ridge.update(self.inverse, self.moment, self._rows.one(visit.candidates[index]), x, reward)

    def _grow(self, rows: int, width: int) -> None:
        n, w = self.moment.shape
        more, wider = _enough(n, rows, _ROWS), _enough(w, width, _WIDTH)
        inverse, moment = np.tile(np.eye(wider) / self._penalty, (more, 1, 1)), np.zeros((more, wider))
        inverse[:n, :w, :w], moment[:n, :w] = self.inverse, self.moment
        self.inverse, self.moment = inverse, moment


def _enough(size: int, wanted: int, first: int) -> int:
    size = max(size, first)
    while size < wanted:
        size *= 2
    return size
