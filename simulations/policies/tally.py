"""How often each candidate was shown and what it earned: all that policies without context go by."""

from __future__ import annotations

import numpy as np

from bandit.arrays import Doubles
from simulations.environments.base import Round
from simulations.policies.rows import Rows


class Tally:
    """Counts and sums of rewards, by candidate, of rounds that have been learned."""

    def __init__(self) -> None:
        self._rows = Rows()
        self._sums = np.zeros((16, 2))  # shown, earned

    def of(self, visit: Round) -> Doubles:
        """[k, 2] times shown, and sum earned, of each candidate of a round."""
        rows = self._rows.of(visit.candidates)
        while len(self._rows) > len(self._sums):
            self._sums = np.concatenate([self._sums, np.zeros_like(self._sums)])
        return self._sums[rows]

    def add(self, visit: Round, chosen: int, reward: float) -> None:
        """Take in what a round's candidate has earned."""
        row = self._rows.one(visit.candidates[chosen])
        self._sums[row, 0] += 1.0
        self._sums[row, 1] += reward
