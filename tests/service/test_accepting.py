"""Events: taken in once, by their signed decision id, or refused with the reason."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bandit.codec import decode
from bandit.errors import BadInput, Forged
from bandit.records import Event
from service.accepting import Acceptor, Terms
from service.access.signing import DecisionRef, Signer, Token, new_raw
from service.archive.files import Archive
from service.outbox.shared import Outbox
from service.schemas import RewardRequest
from tests.entries import laws

NOW_S = 1_800_000_000.0
HORIZON_S = 600.0
SIGNER = Signer(b"s" * 32)
RAW = new_raw(NOW_S, bytes(10))
DECISION = SIGNER.decision_id(DecisionRef("home", RAW, 2))


def terms(policy: str) -> Terms | None:
    return Terms(HORIZON_S, "EUR") if policy == "home" else None


@pytest.fixture
def outbox() -> Outbox:
    return Outbox(Path(":memory:"))


@pytest.fixture
def acceptor(outbox: Outbox) -> Acceptor:
    return Acceptor(outbox, SIGNER, terms)


def told(**fields: object) -> msgspec.Raw:
    """JSON of one event, a click unless told otherwise."""
    message: dict[str, Any] = {"id": "e1", "type": "click", "decision_id": DECISION, **fields}
    return msgspec.Raw(msgspec.json.encode(message))


def written(outbox: Outbox) -> list[Event]:
    return [entry for row in outbox.after(0, 999) if isinstance(entry := decode(row.entry), Event)]


@laws(60)
@given(st.lists(st.integers(0, 5), max_size=10), st.lists(st.integers(0, 5), max_size=10))
def test_every_id_is_accepted_once_and_every_message_is_accounted_for(first: list[int], then: list[int]) -> None:
    outbox = Outbox(Path(":memory:"))
    acceptor = Acceptor(outbox, SIGNER, terms)
    for ids in (first, then):
        answer = acceptor.accept([told(id=f"e{i}") for i in ids], NOW_S)
        assert answer.accepted + answer.duplicates == len(ids)
    assert sorted(event.id for event in written(outbox)) == sorted({f"e{i}" for i in (*first, *then)})
    outbox.close()


@laws(200)
@given(st.binary(max_size=60) | st.text(max_size=60).map(msgspec.json.encode))
def test_no_bytes_crash_it_or_are_written(body: bytes) -> None:
    outbox = Outbox(Path(":memory:"))
    answer = Acceptor(outbox, SIGNER, terms).accept([msgspec.Raw(body)], NOW_S)
    assert (answer.accepted, len(answer.rejected), written(outbox)) == (0, 1, [])
    outbox.close()


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"decision_id": DECISION[:-1] + ("A" if DECISION[-1] != "A" else "B")}, "unknown-decision"),
        ({"decision_id": Signer(b"t" * 32).decision_id(DecisionRef("home", RAW, 2))}, "unknown-decision"),
        ({"decision_id": "x"}, "unknown-decision"),
        ({"slot": 2}, "bound"),
        ({"slot": 20}, "invalid"),
        ({"slot": -1}, "invalid"),
        ({"slot": "0"}, "invalid"),
        ({"type": "reward"}, "invalid"),
        ({"id": ""}, "invalid"),
        ({"id": "x" * 129}, "invalid"),
        ({"type": "purchase", "value": {"value": 1, "currency": "USD"}}, "currency"),
        ({"type": "purchase", "value": {"value": -1, "currency": "EUR"}}, "invalid"),
        ({"type": "purchase", "value": {"value": 1e308, "currency": "EUR"}}, "invalid"),
        ({"occurred_at": "2026-01-01T00:00:00"}, "invalid"),
        ({"occurred_at": "0001-01-01T00:00:00+14:00"}, "bound"),
        ({"occurred_at": "9999-12-31T23:59:59-14:00"}, "bound"),
        ({"extra": 1}, "invalid"),
    ],
)
def test_what_is_wrong_is_told_by_index_and_the_rest_is_taken(
    acceptor: Acceptor, outbox: Outbox, fields: dict[str, Any], code: str
) -> None:
    answer = acceptor.accept([told(), told(**{"id": "e2", **fields}), told(id="e3")], NOW_S)
    assert [(one.index, one.code) for one in answer.rejected] == [(1, code)]
    assert [event.id for event in written(outbox)] == ["e1", "e3"]


@laws(100)
@given(st.datetimes(datetime(2025, 10, 1), datetime(2027, 2, 1), timezones=st.timezones()).map(datetime.isoformat))
def test_whatever_is_accepted_can_be_archived(occurred_at: str) -> None:
    outbox = Outbox(Path(":memory:"))
    Acceptor(outbox, SIGNER, terms).accept([told(occurred_at=occurred_at)], NOW_S)
    for event in written(outbox):
        Archive(Path("/nowhere"), "home").add_event("1-0", event)
    outbox.close()


@pytest.mark.parametrize(("age_s", "late"), [(0.0, False), (HORIZON_S, False), (HORIZON_S + 0.01, True)])
def test_an_event_past_its_horizon_is_accepted_and_said_to_be_late(
    acceptor: Acceptor, outbox: Outbox, age_s: float, late: bool
) -> None:
    assert acceptor.accept([told()], NOW_S + age_s).late == late
    assert len(written(outbox)) == 1


def test_time_is_when_it_came_and_occurred_what_the_sender_says(acceptor: Acceptor, outbox: Outbox) -> None:
    acceptor.accept([told(occurred_at="2027-01-15T08:00:00+00:00")], NOW_S + 5)
    assert [(event.time, event.occurred) for event in written(outbox)] == [(NOW_S + 5, NOW_S)]


def test_a_purchase_carries_its_value(acceptor: Acceptor, outbox: Outbox) -> None:
    acceptor.accept([told(type="purchase", value={"value": 49.9, "currency": "EUR"})], NOW_S)
    assert [event.value for event in written(outbox)] == [49.9]


def test_a_link_followed_twice_counts_once_and_each_type_by_itself(acceptor: Acceptor, outbox: Outbox) -> None:
    token = Token("home", RAW, 1, int(NOW_S), "https://a.example")
    answers = [acceptor.track(kind, token, NOW_S) for kind in ("click", "click", "impression")]
    assert [answer.accepted for answer in answers] == [1, 0, 1]
    assert [(event.slot, event.decision, event.type) for event in written(outbox)] == [
        (1, RAW, "click"), (1, RAW, "impression")
    ]  # fmt: skip


def test_a_ready_made_reward_is_an_event_like_others(acceptor: Acceptor, outbox: Outbox) -> None:
    request = RewardRequest(decision_id=DECISION, value=-0.5, event_id="r1", slot=1)
    assert [acceptor.reward(request, NOW_S).accepted for _ in range(2)] == [1, 0]
    assert [(event.type, event.value) for event in written(outbox)] == [("reward", -0.5)]


def test_a_reward_for_a_slot_that_is_not_there_or_a_forged_id_is_refused(acceptor: Acceptor) -> None:
    with pytest.raises(BadInput):
        acceptor.reward(RewardRequest(decision_id=DECISION, value=1, event_id="r", slot=2), NOW_S)
    with pytest.raises(Forged):
        acceptor.reward(RewardRequest(decision_id="home.a.b", value=1, event_id="r"), NOW_S)
