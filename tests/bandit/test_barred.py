"""What a record says was kept out is held against the shelf, and every alteration is named."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from msgspec.structs import replace

from bandit.decide import Ask, decide
from bandit.eligibility.limits import Limits
from bandit.recheck import record_faults, score_faults
from bandit.records import Decision, Outcome, Round, packed
from tests.bandit.shops import SHELVES, weights
from tests.entries import START_S

SHELF = SHELVES[True, "softmax", 0.0]
LEVEL = np.full(len(SHELF.templates), 3, np.uint8)
CAPPED = np.arange(len(SHELF.templates)) == 0
ASK = Ask(id=b"7" * 16, time=START_S, limits=Limits(templates={"cap": CAPPED}, levels=LEVEL))
DECISION = decide(ASK, SHELF, weights(SHELF, {"juice": 0.5}))
SHOWN = DECISION.rounds[0].positions()


def fields(decision: Decision) -> set[str]:
    outcome = Outcome("1700000000000-0", decision, (), (0.0,))
    found = [*record_faults(outcome, SHELF), *score_faults(decision, SHELF, weights(SHELF))]
    return {fault.field for fault in found}


def barred(**changed: list[int]) -> Decision:
    """The record with other positions kept out, and as many counted."""
    some = DECISION.barred | {reason: packed(np.array(places, np.uint32)) for reason, places in changed.items()}
    return replace(
        DECISION, barred=some, excluded=DECISION.excluded | {reason: len(places) for reason, places in changed.items()}
    )


def shown(positions: Any) -> Decision:
    """The record with other candidates."""
    given = DECISION.rounds[0]
    return replace(DECISION, rounds=(Round(packed(positions.astype(np.uint32)), given.probabilities, given.chosen),))


def test_what_was_decided_has_no_fault() -> None:
    assert fields(DECISION) == set()
    assert DECISION.kept_out()["cap"].tolist() == [0, 10, 20]


def test_a_record_of_before_there_was_any_of_it_has_no_fault() -> None:
    plain = decide(Ask(id=b"7" * 16, time=START_S), SHELF, weights(SHELF))
    assert fields(replace(plain, barred={})) == set()


@pytest.mark.parametrize(
    ("altered", "field"),
    [
        (barred(cap=[0, 10, int(SHOWN[0]) // 10 * 10]), "barred"),  # could be shown, too
        (barred(cap=[0, 10, 21]), "barred.cap"),  # not at level 0
        (barred(cap=[0, 10, SHELF.n]), "barred.cap"),
        (barred(status=[0]), "barred.status"),  # is active
        (barred(flight=[0]), "barred.flight"),  # has no end
        (barred(cap=[0, 10]), "barred"),  # then one stands nowhere
        (replace(DECISION, excluded=DECISION.excluded | {"cap": 1}), "barred.cap"),
        (replace(DECISION, excluded=DECISION.excluded | {"budget": 2}), "barred"),
        (shown(np.append(SHOWN[:-1], SHOWN[-1] + 1)), "candidates"),  # one template at two levels
        (shown(SHOWN - 1), "probabilities[0]"),  # at another level
        (replace(DECISION, prices={"juice": 0.25}), "probabilities[0]"),
        (replace(DECISION, prices={}), "probabilities[0]"),
        (replace(DECISION, prices={"juice": 0.5, "gone": 1.0}), "prices"),
    ],
)
def test_an_alteration_is_named(altered: Decision, field: str) -> None:
    assert field in fields(altered)
