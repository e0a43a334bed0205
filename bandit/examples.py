"""Outcomes as what the model learns from. The one place where a reward becomes a cost."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from bandit.arrays import Positions, Rowed
from bandit.context import Packed, hash_raw_context
from bandit.features import Vector
from bandit.join import seconds
from bandit.model import Example
from bandit.records import Decision, Outcome, Round
from bandit.shelf import Shelf, inline_vectors


def examples(outcome: Outcome, shelf: Shelf, packed: Packed | None = None) -> Iterator[Example]:
    """One example a slot, in slot order; the numbers of its request are yet to be centred.

    shelf   of the catalog version the decision was made with
    packed  what `packed_context` gives for the decision's context, where that is known already
    """
    decision = outcome.decision
    user, context = hash_raw_context(decision.context, every=shelf.policy.learning.every, packed=packed)
    for drawn, reward in zip(decision.rounds, outcome.rewards, strict=True):
        ads, placements = _candidates(decision, drawn, shelf)
        yield Example(
            user=user,
            context=context,
            ads=ads,
            placements=placements,
            chosen=drawn.chosen,
            cost=-reward,
            propensity=drawn.propensity,
            time=seconds(outcome.position),
        )


class _Picked(Sequence[Vector]):
    """Rows of a table, each fetched when it is asked for: of most candidates only the number matters."""

    __slots__ = ("_positions", "_row", "_vectors")

    def __init__(self, vectors: Sequence[Vector], row: Rowed, positions: Positions) -> None:
        self._vectors, self._row, self._positions = vectors, row, positions

    def __len__(self) -> int:
        return len(self._positions)

    def __getitem__(self, i: Any) -> Any:  # never a slice
        return self._vectors[self._row[self._positions[i]]]


def _candidates(decision: Decision, drawn: Round, shelf: Shelf) -> tuple[Sequence[Vector], Sequence[Vector]]:
    positions = drawn.positions()
    if decision.inline:
        ads, placements = inline_vectors(decision.inline, every=shelf.policy.learning.every)
        return [ads[i] for i in positions], [placements[i] for i in positions]
    return _Picked(shelf.ads, shelf.ad, positions), _Picked(shelf.places, shelf.placement, positions)
