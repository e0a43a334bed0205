"""Outcomes as what the model learns from. The one place where a reward becomes a cost."""

from __future__ import annotations

from collections.abc import Iterator

from bandit.context import hash_context
from bandit.features import Vector
from bandit.model import Example
from bandit.records import Decision, Outcome, Round
from bandit.shelf import Shelf, inline_vectors


def examples(outcome: Outcome, shelf: Shelf) -> Iterator[Example]:
    """One example a slot, in slot order.

    shelf  of the catalog version the decision was made with
    """
    decision = outcome.decision
    user, context = hash_context(decision.context)
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
        )


def _candidates(decision: Decision, drawn: Round, shelf: Shelf) -> tuple[list[Vector], list[Vector]]:
    positions = drawn.positions()
    if decision.inline:
        ads, placements = inline_vectors(decision.inline)
        return [ads[i] for i in positions], [placements[i] for i in positions]
    return (
        [shelf.ads[i] for i in shelf.template[positions]],
        [shelf.places[i] for i in shelf.placement[positions]],
    )
