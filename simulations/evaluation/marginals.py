"""How likely each shown ad was in its slot, and in every other, whatever stood before: for pages drawn without return.

A log keeps probabilities given the slots before. The others follow from the first slot's if later slots are drawn with
them over what is left, which can be seen in the log; where it is not so, nothing is said.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from bandit.arrays import Doubles, Flags
from bandit.estimators.logged import Indices, Logged
from bandit.estimators.slates.placed import placed, renormalised
from simulations.logs.base import Log

MOST = 20_000  # decisions; each takes about a millisecond
OFF = 1e-3  # how far a later slot's probability may be from the first's over what is left


class Placed(NamedTuple):
    """Of the rounds of one policy."""

    marginal: Doubles  # [n] probability of what was shown to be shown in this slot
    placed: Doubles  # [n, places] to be shown in each slot


class Marginals:
    """Gathers them over a log: of the log's own policy first, then of every target. `of` is None where it cannot."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self._parts: list[list[Doubles]] | None = None
        self._clash: dict[bytes, Flags] = {}
        self._decisions = 0
        self._possible = True

    def add(self, part: Logged, said: Sequence[Doubles]) -> None:
        """Take in rounds, in order.

        said  [s] probabilities of each target
        """
        begins = np.flatnonzero(np.diff(part.decision, prepend=part.decision[0] - 1))
        self._decisions += len(begins)
        if part.served is None or self._decisions > MOST:
            self._possible = False
        if not self._possible:
            return
        assert part.served is not None
        self._parts = [[] for _ in (part.served, *said)] if self._parts is None else self._parts
        for begin, end in zip(begins.tolist(), [*begins[1:].tolist(), part.n], strict=True):
            for found, probability in zip(self._parts, (part.served, *said), strict=True):
                table = self._page(part, probability, begin, end)
                if table is None:
                    self._possible = False
                    return
                found.append(table)

    def _page(self, part: Logged, probability: Doubles, begin: int, end: int) -> Doubles | None:
        """[slots, slots] of each ad shown, its probability in each slot; None if later slots are drawn otherwise."""
        start = part.start
        first = slice(start[begin], start[begin + 1])
        actions, p = part.action[first], probability[first]
        order = np.argsort(actions)
        if (np.diff(actions[order]) == 0).any():
            return None
        for row in range(begin + 1, end):
            left = slice(start[row], start[row + 1])
            at = order[np.searchsorted(actions, part.action[left], sorter=order).clip(0, len(actions) - 1)]
            if (actions[at] != part.action[left]).any() or not p[at].sum() > 0.0:
                return None
            if (np.abs(p[at] / p[at].sum() - probability[left]) > OFF).any():
                return None
        shown = order[np.searchsorted(actions, part.action[part.chosen[begin:end]], sorter=order)]
        table: Doubles = placed(renormalised(p), self._clashes(actions), end - begin)[:, shown].T
        return table

    def _clashes(self, actions: Indices) -> Flags:
        key = actions.tobytes()
        if key not in self._clash:
            self._clash[key] = self._log.clash(actions)
        return self._clash[key]

    def of(self) -> list[Placed] | None:
        """Of the log, then of each target; None where later slots are drawn otherwise, or there are too many."""
        if not self._possible or self._parts is None:
            return None
        return [_together(tables) for tables in self._parts]


def _together(tables: Sequence[Doubles]) -> Placed:
    places = max(len(table) for table in tables)
    wide = np.concatenate([np.pad(table, ((0, 0), (0, places - len(table)))) for table in tables])
    slot = np.concatenate([np.arange(len(table)) for table in tables])
    return Placed(wide[np.arange(len(wide)), slot], wide)
