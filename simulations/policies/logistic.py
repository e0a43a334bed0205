"""Logistic Thompson sampling: a click model a candidate, drawn from what is believed of it."""

from __future__ import annotations

import numpy as np

from bandit.arrays import Doubles
from simulations.environments.base import Round
from simulations.environments.streams import Streams
from simulations.kernels import logistic
from simulations.policies.base import POLICY, Choice
from simulations.policies.features import Features
from simulations.policies.rows import Rows

_WIDTH, _ROWS = 16, 16  # of the first tables; both double when there is need


class LogisticThompson:
    """Shows the largest draw of a logistic regression's score, its posterior taken as normal (Laplace), diagonal.

    Rewards in [0, 1]; one in between counts as that share of a click.

    spread        factor on the standard errors; 1 is Thompson sampling, less is greedier
    precision     of each weight's belief before anything is seen
    standardised  as of LinUcb
    Source: Chapelle & Li, An Empirical Evaluation of Thompson Sampling, NIPS 2011, algorithm 3, one round a batch.
    """

    def __init__(self, seed: int, *, spread: float = 1.0, precision: float = 1.0, standardised: bool = True) -> None:
        self._streams = Streams(POLICY, seed)
        self._spread = spread
        self._start = precision
        self._features = Features(standardised=standardised)
        self._rows = Rows()
        self._mean = np.zeros((_ROWS, _WIDTH))
        self._precision = np.full((_ROWS, _WIDTH), precision)

    def choose(self, visit: Round) -> Choice:
        rows, x = self._rows.of(visit.candidates), self._features.of(visit)
        n, width = self._mean.shape
        while n < len(self._rows):
            n *= 2
        while width < x.size:
            width *= 2
        if (n, width) != self._mean.shape:
            self._mean = _grown(self._mean, n, width, 0.0)
            self._precision = _grown(self._precision, n, width, self._start)
        normal = self._streams.at(visit.t).standard_normal(rows.size)
        return Choice(logistic.sampled(self._mean, self._precision, rows, x, self._spread, normal), None)

    def learn(self, visit: Round, choice: Choice, reward: float) -> None:
        row = self._rows.one(visit.candidates[choice.chosen])
        logistic.update(self._mean, self._precision, row, self._features.taken(visit), reward)


def _grown(table: Doubles, n: int, width: int, fill: float) -> Doubles:
    more = np.full((n, width), fill)
    more[: table.shape[0], : table.shape[1]] = table
    return more
