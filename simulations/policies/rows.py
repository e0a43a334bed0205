"""Candidates as rows of arrays, for policies that keep a model or a count of each."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from simulations.environments.base import Pair

Places = npt.NDArray[np.int64]


class Rows:
    """Gives each candidate a row as it first appears.

    >>> rows = Rows()
    >>> [rows.of((("a", "top"), ("b", "top"))).tolist(), rows.of((("c", "top"), ("a", "top"))).tolist()]
    [[0, 1], [2, 0]]
    """

    def __init__(self) -> None:
        self._row: dict[Pair, int] = {}
        self._last: tuple[Pair, ...] | None = None  # most worlds hand out the same tuple round after round
        self._rows = np.zeros(0, np.int64)

    def __len__(self) -> int:
        return len(self._row)

    def of(self, candidates: tuple[Pair, ...]) -> Places:
        """int64[k], not to be written to."""
        if candidates is not self._last:
            self._rows = np.array([self._row.setdefault(pair, len(self._row)) for pair in candidates], np.int64)
            self._last = candidates
        return self._rows

    def one(self, pair: Pair) -> int:
        return self._row[pair]
