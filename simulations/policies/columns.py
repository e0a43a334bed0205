"""A request's features as a dense vector, for the linear yardsticks."""

from __future__ import annotations

import numpy as np

from bandit.arrays import Doubles
from bandit.context import hash_context
from simulations.environments.base import Round

MOST = 96  # columns; features that come when all are taken are left out


class Columns:
    """Gives each hashed feature a column as it first appears. Column 0 is constant."""

    def __init__(self, *, standardised: bool) -> None:
        """
        standardised  scale each column by the mean and spread of the rounds so far, this one included
        """
        self._standardised = standardised
        self._at: dict[int, int] = {}
        self._rounds = 0
        self._sum = np.zeros(MOST)
        self._squares = np.zeros(MOST)

    @property
    def used(self) -> int:
        """Columns in use."""
        return 1 + len(self._at)

    def of(self, visit: Round) -> Doubles:
        """[used] the round's features; to be called once a round, in order."""
        row = np.zeros(MOST)
        for vector in hash_context(visit.request["context"]):
            for index, value in zip(vector.index.tolist(), vector.value.tolist(), strict=True):
                if index in self._at or self.used < MOST:
                    row[self._at.setdefault(index, self.used)] += value
        if self._standardised:
            row = self._scaled(row)
        row[0] = 1.0
        return row[: self.used]

    def _scaled(self, row: Doubles) -> Doubles:
        self._rounds += 1
        self._sum += row
        self._squares += row**2
        mean = self._sum / self._rounds
        spread = np.sqrt(np.maximum(self._squares / self._rounds - mean**2, 0.0))
        scaled: Doubles = np.clip((row - mean) / np.where(spread > 0.0, spread, 1.0), -5.0, 5.0)
        return scaled
