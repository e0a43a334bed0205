"""A labelled data set as a bandit: guess the class, and be told only whether the guess was right.

The request's context is a row's features, the candidates are one template a class in one placement, and the
right class is clicked with probability 1, every other with 0.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from simulations.environments.base import DRAWS, SLOTS, Json, Round, stream
from simulations.sources.labelled import Labelled

_ORDER = 4  # purpose of the random stream
_DRAWS = np.zeros((SLOTS, DRAWS))  # nothing here is left to chance


class Classification:
    """Environment of one data set. Every pass shows each row once, in an order of its own."""

    def __init__(self, seed: int, rows: Labelled) -> None:
        self._seed = seed
        self._rows = rows
        self._nothing = np.zeros(rows.classes)
        self._names = tuple(f"f{j}" for j in range(rows.features.shape[1]))
        self._candidates = tuple((_template(c), "main") for c in range(rows.classes))
        self._latest = -1, np.arange(len(rows.label))  # the pass asked for last, and its order

    def catalog(self) -> Json:
        return {
            "policies": [{"id": "demo", "horizon_s": 2.0}],
            "placements": [{"id": "main"}],
            "templates": [{"id": template} for template, _ in self._candidates],
        }

    def round(self, t: int) -> Round:
        turn, at = divmod(t, len(self._rows.label))
        row = int(self._shuffled(turn)[at])
        right = self._nothing.copy()
        right[self._rows.label[row]] = 1.0
        context = dict(zip(self._names, self._rows.features[row].tolist(), strict=True))
        return Round(
            t=t,
            request={"policy": "demo", "context": context, "count": 1},
            candidates=self._candidates,
            click_probability=right,
            purchase_probability=self._nothing,
            purchase_value=self._nothing,
            draws=_DRAWS,
        )

    def _shuffled(self, turn: int) -> npt.NDArray[np.int64]:
        latest, order = self._latest
        if turn != latest:
            order = stream(_ORDER, self._seed, turn).permutation(len(self._rows.label))
            self._latest = turn, order
        return order


def _template(label: int) -> str:
    return f"class-{label}"
