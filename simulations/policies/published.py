"""A model's weights as the engine decides with them, kept up to date at little cost.

A table is a million bytes, an outcome changes a dozen weights of it: noted are those that may have changed, and they
alone are copied. The weights are the very ones a copy of the whole table would hold.
"""

from __future__ import annotations

import numpy as np

from bandit.arrays import Floats
from bandit.decide import Weights
from bandit.model import Example, Model
from bandit.quick import prepare, refreshed
from bandit.scoring import standing
from bandit.shelf import Shelf
from simulations.kernels import touching

KEPT = 4_096  # kinds of outcomes that are known to be noted, so that they need not be looked at again
WORTH_NOTING = 32  # where more than one weight in so many is noted, a copy of the table is quicker


class Published:
    """The last published weights of a model, for one shelf."""

    def __init__(self, model: Model, shelf: Shelf) -> None:
        self._model = model
        self._shelf = shelf
        self._table = np.array(model.weights())
        self._seen = np.zeros(len(self._table), np.uint8)
        self._touched = np.empty(len(self._table), np.uint32)
        self._noted = 0
        self._known: set[tuple[object, ...]] = set()
        # With other kinds the candidates that were not shown are learned, too.
        self._whole = shelf.policy.learning.cb_type != "mtr"
        centre = model.centre()
        self._prepared = prepare(shelf, self._standing(), centre, model.learned)

    def note(self, example: Example) -> None:
        """An outcome has been learned."""
        if self._whole:
            return
        terms, ad, place = self._shelf.terms, example.ads[example.chosen], example.placements[example.chosen]
        kind = (ad, place, example.user.index.tobytes(), example.context.index.tobytes())
        if kind in self._known:
            return
        if len(self._known) < KEPT:
            self._known.add(kind)
        self._noted = touching.touch(
            terms.interactions, terms.linear, example.user.index, example.context.index,
            ad.index, place.index, self._seen, self._touched, self._noted,
        )  # fmt: skip
        self._whole = self._noted * WORTH_NOTING > len(self._table)

    def weights(self) -> Weights:
        """The weights as they are now. Those given before change with them, and are not to be used again."""
        live = self._model.weights()
        if self._whole:
            np.copyto(self._table, live)
        else:
            noted = self._touched[: self._noted]
            self._table[noted] = live[noted]
        known, centre, learned = self._standing(), self._model.centre(), self._model.learned
        self._prepared = refreshed(self._prepared, self._shelf, known, centre, learned)
        return Weights(self._table, learned, known, centre, self._prepared)

    def _standing(self) -> Floats:
        shelf = self._shelf
        rows = shelf.ad_rows, shelf.place_rows
        return standing(self._table, shelf.terms, *rows, shelf.ad, shelf.placement)
