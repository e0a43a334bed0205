"""Rows of a table as decisions of the engine: each action a template, each slot a placement."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from bandit.arrays import Doubles
from bandit.catalog import Catalog, Placement, Template, checked
from bandit.config import Learning, Policy
from bandit.features import Feature
from bandit.records import LEARNED, Decision, Outcome, Round, packed
from bandit.shelf import Shelf, lay_out
from simulations.logs.base import Batch

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


class Decided:
    """What makes decisions of a table's rounds."""

    def __init__(self, actions: Sequence[str], items: Mapping[str, Mapping[str, Feature]], slots: int) -> None:
        """
        items  what is known of each action
        slots  how many there are on a page

        Raises BadInput for a feature out of bounds.
        """
        self._slots = max(slots, 1)
        templates = [Template(id=_id(i, name), features=dict(items.get(name, {}))) for i, name in enumerate(actions)]
        placements = [Placement(id=f"slot-{slot}") for slot in range(self._slots)]
        self._catalog = checked(Catalog(version=1, templates=tuple(templates), placements=tuple(placements)))

    def shelf(self, learning: Learning) -> Shelf:
        """All actions in all slots."""
        return lay_out(self._catalog, Policy(id="log", learning=learning))

    def outcomes(self, batch: Batch, contexts: Sequence[dict[str, Any]], time: Doubles | None) -> Iterator[Outcome]:
        """The batch's decisions.

        contexts  [n] what was known of each row's request; of a decision its first row's counts
        time      [n] seconds since 1970; None: a round is a second
        """
        logged = batch.logged
        ends = np.flatnonzero(np.diff(logged.decision, append=-1)) + 1
        begin = 0
        for end in ends.tolist():
            row = batch.first + begin
            at_s = float(row) if time is None else max(float(time[begin]), 0.0)
            decision = Decision(
                id=row.to_bytes(16, "big"),
                time=at_s,
                user=b"",
                consent=True,
                arm=LEARNED,
                catalog_version=1,
                model_version=0,
                context=contexts[begin],
                rounds=tuple(self._round(batch, i) for i in range(begin, end)),
                excluded={},
            )
            yield Outcome(f"{int(at_s * 1000)}-{row}", decision, (), tuple(logged.reward[begin:end].tolist()))
            begin = end

    def _round(self, batch: Batch, i: int) -> Round:
        logged = batch.logged
        start, end = int(logged.start[i]), int(logged.start[i + 1])
        chosen = int(logged.chosen[i]) - start
        positions = (logged.action[start:end] * self._slots + logged.slot[i]).astype(np.uint32)
        if logged.served is not None:
            chances = logged.served[start:end].astype("<f4")
        else:  # nobody knows how the rest was spread, and the engine does not ask
            rest = (1.0 - logged.propensity[i]) / max(end - start - 1, 1)
            chances = np.full(end - start, rest, "<f4")
        chances[chosen] = logged.propensity[i]
        return Round(packed(positions), chances.tobytes(), chosen)


def _id(number: int, name: str) -> str:
    return name if _ID.fullmatch(name) else f"action.{number}"
