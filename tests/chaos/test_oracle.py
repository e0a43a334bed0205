"""An oracle that finds nothing proves nothing: it must find whatever is lost, doubled, late or altered."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from bandit.totals import Totals
from tests.chaos.ledger import Ask, Ledger, Tell
from tests.chaos.oracle import Seen, violations

NOON_S = 1_750_000_000.0


def kept() -> tuple[Ledger, Seen]:
    """One decision with a click in time, as told and as archived."""
    ledger = Ledger()
    ledger.asks["r1"] = Ask("r1", "home", 10.0, "home.signed.mac", "ab" * 16, 1, 10.01)
    ledger.tells["c1"] = Tell("c1", "r1", 0, "click", 0.0, 1, 10.05)
    clicked = ["c1", "click", NOON_S + 0.05, NOON_S + 0.05, 0.0]
    slot = {
        "decision": "ab" * 16,
        "slot": 0,
        "time": datetime.fromtimestamp(NOON_S, UTC),
        "context": json.dumps({"ask": "r1"}),
        "events": json.dumps([clicked]),
        "reward": 1.0,
        "trainable": True,
    }
    event = {"id": "c1", "time": datetime.fromtimestamp(NOON_S + 0.05, UTC)}
    totals = Totals()
    totals.sums[0, 0, 0] = 1
    snapshot = {"model": b"m", "totals": totals.to_bytes(), "learned": b"1", "cursor": b"1-0"}
    snapshot |= {"counts": json.dumps({"damaged": 0}).encode()}
    return ledger, Seen(snapshot, [slot], [event], dict(snapshot))


def found(change: Callable[[Ledger, Seen], Any]) -> str:
    ledger, seen = kept()
    change(ledger, seen)
    return "; ".join(violations(ledger, {"home": seen}))


def test_what_is_whole_is_left_alone() -> None:
    assert found(lambda ledger, seen: None) == ""


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda ledger, seen: seen.slots.clear(), "accepted decision not archived"),
        (lambda ledger, seen: seen.slots.append(seen.slots[0]), "archived twice"),
        (lambda ledger, seen: seen.slots.append(seen.slots[0] | {"decision": "cd" * 16}), "request with two decisions"),
        (lambda ledger, seen: ledger.asks.update(r1=replace(ledger.asks["r1"], decision="ef" * 16)), "another id"),
        (lambda ledger, seen: ledger.asks.update(r1=replace(ledger.asks["r1"], slots=2)), "slots lost"),
        (lambda ledger, seen: seen.events.clear(), "accepted event not archived"),
        (lambda ledger, seen: seen.events.append(seen.events[0]), "event archived twice"),
        (lambda ledger, seen: seen.events.append(seen.events[0] | {"id": "c2"}), "never sent"),
        (lambda ledger, seen: seen.slots[0].update(events=None, reward=0.0), "accepted in time, not counted"),
        (lambda ledger, seen: seen.slots[0].update(time=datetime.fromtimestamp(NOON_S - 1.0, UTC)), "but late"),
        (lambda ledger, seen: seen.slots[0].update(reward=2.0), "by its events 1.0"),
        (lambda ledger, seen: seen.snapshot.update(learned=b"2"), "2 outcomes learned, 1 trainable"),
        (lambda ledger, seen: seen.snapshot.update(totals=Totals().to_bytes()), "0 decisions counted"),
        (lambda ledger, seen: seen.snapshot.update(counts=b'{"damaged": 1}'), "1 entries set aside"),
        (lambda ledger, seen: seen.snapshot.update(model=b"n"), "snapshot field model"),
        (
            lambda ledger, seen: ledger.answered(ledger.asks["r1"], {"decision_id": "home.other.mac"}, 0.0),
            "was answered",
        ),
    ],
)
def test_what_is_not_is_found(change: Callable[[Ledger, Seen], Any], said: str) -> None:
    assert said in found(change)


def test_an_unanswered_request_may_be_in_or_not() -> None:
    unanswered = Ask("r1", "home", 10.0)
    assert "decision" not in found(lambda ledger, seen: ledger.asks.update(r1=unanswered))
