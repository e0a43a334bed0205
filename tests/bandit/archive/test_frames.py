"""Rows built column by column say what the outcome says."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from bandit.archive.frames import Row, event_frame, outcome_frame, rows_of
from bandit.records import Event, InlineCandidate, Outcome, Round, packed
from tests.entries import SHELF, START_S, decision, event


def rows(outcome: Outcome) -> list[dict[str, Any]]:
    return outcome_frame(list(rows_of(outcome, SHELF))).to_dicts()


@given(st.lists(st.floats(0.0, 4e9), min_size=1, max_size=50))
def test_times_are_rounded_as_python_rounds_them(times: list[float]) -> None:
    told = event_frame([("1-0", Event(str(i), b"", 0, "click", time, time, 0.0)) for i, time in enumerate(times)])
    assert told["time"].to_list() == [datetime.fromtimestamp(time, UTC) for time in times]


def test_candidates_are_named_from_the_shelf_and_keep_their_order() -> None:
    row = rows(Outcome("1-0", decision(1, START_S), (), (0.5,)))[0]
    named = list(zip(row["templates"], row["placements"], strict=True))
    assert named == [("sale", "hero"), ("sale", "rail"), ("new", "hero"), ("new", "rail")]
    assert (row["candidates"], row["probabilities"]) == ([0, 1, 2, 3], [0.25] * 4)


def test_what_a_request_brought_stands_beside_what_the_catalog_has() -> None:
    own = (InlineCandidate(template="x"), InlineCandidate(template="y", placement="z"))
    chances = decision(1, START_S).rounds[0].probabilities[:8]
    drawn = Round(packed(np.arange(2, dtype=np.uint32)), chances, 1)
    brought = msgspec.structs.replace(decision(2, START_S), inline=own, rounds=(drawn,))
    plain = [Outcome(f"{i}-0", decision(i, START_S), (), (0.0,)) for i in (1, 3)]
    mixed = [*rows_of(plain[0], SHELF), *rows_of(Outcome("2-0", brought, (), (0.0,)), SHELF), *rows_of(plain[1], SHELF)]
    frame = outcome_frame(mixed)
    assert frame["templates"].to_list()[1] == ["x", "y"]
    assert frame["placements"].to_list()[1] == ["inline", "z"]
    assert frame["templates"].to_list()[0] == frame["templates"].to_list()[2]


def test_a_slot_counts_its_own_events_alone() -> None:
    heard = (event("a", 1, START_S), event("b", 1, START_S, slot=1, kind="purchase", value=2.5))
    first, second = rows(Outcome("1-0", decision(1, START_S, slots=2), heard, (1.0, 0.0)))
    assert (first["clicks"], first["conversions"], first["revenue"]) == (1, 0, 0.0)
    assert (second["clicks"], second["conversions"], second["revenue"]) == (0, 1, 2.5)
    assert msgspec.json.decode(second["events"]) == [["b", "purchase", START_S, START_S, 2.5]]


def test_rows_of_different_lengths_stand_together() -> None:
    made = decision(1, START_S, slots=3)
    parts = [Round(packed(made.rounds[0].positions()[:k]), made.rounds[0].probabilities[: 4 * k], 0) for k in (1, 4, 2)]
    outcome = Outcome("1-0", made, (), (0.0,) * 3)
    frame = outcome_frame([Row(outcome, SHELF, slot, drawn, 0.0, True) for slot, drawn in enumerate(parts)])
    assert frame["candidates"].to_list() == [[0], [0, 1, 2, 3], [0, 1]]
