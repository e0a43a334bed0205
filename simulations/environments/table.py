"""A table with full feedback as a world: each row is a request, and what every action would have earned is known."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from simulations.environments.base import DRAWS, SLOTS, Json, Pair, Round, stream
from simulations.environments.streams import Streams
from simulations.sources.tables import FullFeedback

_ORDER, _DRAWN = 25, 26  # purposes of the random streams


class Table:
    """Environment of one table. Every pass shows each row once, in an order of its own.

    A reward between 0 and 1 is the probability of a click. A column `a.b` is told as `b` within `a`, so `user.age` is
    a feature of the user.
    """

    def __init__(self, seed: int, rows: FullFeedback) -> None:
        self._seed = seed
        self._rows = rows
        self._whole = not np.isnan(rows.reward).any()
        self._candidates = tuple((action, "main") for action in rows.actions)
        self._draws = Streams(_DRAWN, seed)
        self._latest = -1, np.arange(len(rows.reward))  # the pass asked for last, and its order

    def catalog(self) -> Json:
        return {
            "policies": [{"id": "demo", "horizon_s": 2.0}],
            "placements": [{"id": "main"}],
            "templates": [{"id": action} for action in self._rows.actions],
        }

    def round(self, t: int) -> Round:
        turn, at = divmod(t, len(self._rows.reward))
        row = int(self._shuffled(turn)[at])
        reward = self._rows.reward[row]
        candidates, request = self._candidates, {"policy": "demo", "context": self._told(row), "count": 1}
        if not self._whole:
            there = ~np.isnan(reward)
            candidates = tuple(pair for pair, kept in zip(candidates, there.tolist(), strict=True) if kept)
            request["templates"] = [template for template, _ in candidates]
            reward = reward[there]
        return _round(t, request, candidates, reward, self._draws.at(t).random((SLOTS, DRAWS)))

    def _told(self, row: int) -> Json:
        context: Json = {}
        for name, column in self._rows.context.items():
            if column[row] is not None:
                above, _, below = name.partition(".")
                if below:
                    context.setdefault(above, {})[below] = column[row]
                else:
                    context[above] = column[row]
        return context

    def _shuffled(self, turn: int) -> npt.NDArray[np.int64]:
        latest, order = self._latest
        if turn != latest:
            order = stream(_ORDER, self._seed, turn).permutation(len(self._rows.reward))
            self._latest = turn, order
        return order


def _round(t: int, request: Json, candidates: tuple[Pair, ...], reward: Any, draws: Any) -> Round:
    nothing = np.zeros(len(candidates))
    return Round(t, request, candidates, reward, nothing, nothing, draws)
