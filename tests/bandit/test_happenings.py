"""What happened to ads: each thing once, as soon as it is known, and the same however often the log is read."""

from __future__ import annotations

from collections import Counter

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bandit.errors import Damaged
from bandit.happenings import REMEMBERED_S, Happened, Happenings
from bandit.join import EARLY_S, GRACE_S, Join, order
from bandit.records import Decision, Event, InlineCandidate, Round, Tick
from tests.entries import CATALOG, HOUR_S, START_S, Log, decision, event, laws, log_of, logs, shelf_at

HORIZON_S = CATALOG.policies[0].horizon_s


def told(log: Log) -> list[Happened]:
    happenings = Happenings(shelf_at)
    return [one for position, entry in log for one in happenings.fold(position, entry)]


def kinds(log: Log) -> list[str]:
    return [one.kind for one in told(log)]


@laws(100)
@given(logs())
def test_what_counts_once_is_told_once_of_each_ad_and_all_else_once_for_each_id(log: Log) -> None:
    found = told(log)
    once = Counter((one.kind, one.decision, one.slot) for one in found if one.kind not in ("purchase", "reward"))
    ids = {(entry.decision, entry.id) for _, entry in log if isinstance(entry, Event)}
    assert set(once.values()) <= {1}
    assert sum(one.kind in ("purchase", "reward") for one in found) <= len(ids)


@laws(100)
@given(logs())
def test_every_slot_is_decided_and_its_horizon_ends_when_the_learner_closes_it(log: Log) -> None:
    join, closed = Join(lambda version: CATALOG.policies[0]), []
    for position, entry in log:
        closed += [(position, one.decision.id, len(one.decision.rounds)) for one in join.fold(position, entry)]
    expired = Counter((one.position, one.decision) for one in told(log) if one.kind == "expired")
    assert expired == {(position, of): slots for position, of, slots in closed}
    assert kinds(log).count("decided") == sum(len(e.rounds) for _, e in log if isinstance(e, Decision))


@laws(100)
@given(logs())
def test_an_event_is_told_where_it_stands_or_where_its_decision_comes_after_it(log: Log) -> None:
    stands: dict[bytes, set[str]] = {}
    for position, entry in log:
        if not isinstance(entry, Tick):
            stands.setdefault(entry.id if isinstance(entry, Decision) else entry.decision, set()).add(position)
    assert all(one.position in stands[one.decision] for one in told(log) if one.kind != "expired")


@laws(300)
@given(logs(), st.floats(0, 1))
def test_the_log_from_needed_from_on_builds_the_same_memory(log: Log, share: float) -> None:
    cut = round(share * len(log))
    whole, before = Happenings(shelf_at), log[:cut]
    for each in before:
        whole.fold(*each)
    read = before[-1][0] if before else "0-0"
    again = Happenings(shelf_at, whole.known_from(read))
    for position, entry in before:
        if order(position) >= order(whole.needed_from(read)):
            again.fold(position, entry)
    assert [whole.fold(*each) for each in log[cut:]] == [again.fold(*each) for each in log[cut:]]


def test_a_viewable_impression_is_an_impression() -> None:
    seen = (event("v", 1, START_S, kind="viewable"), event("i", 1, START_S, kind="impression"))
    assert kinds(log_of((0, decision(1, START_S)), *((1, one) for one in seen))) == [
        "decided", "impression", "viewable",
    ]  # fmt: skip


def test_what_happened_names_the_ad_and_its_user() -> None:
    [one] = told(log_of((0, decision(2, START_S))))
    assert (one.template, one.campaign, one.placement) == ("new", None, "hero")
    assert (one.user, one.decided, one.version) == ((2).to_bytes(16, "big"), START_S, 1)


def test_nobody_is_named_who_did_not_consent() -> None:
    [one] = told(log_of((0, msgspec.structs.replace(decision(2, START_S), consent=False))))
    assert one.user == b""


def test_candidates_of_the_request_have_names_and_no_campaign() -> None:
    inline = (InlineCandidate(template="mine"),)
    drawn = Round(b"\0", b"\0\0\x80?", 0)
    [one] = told(log_of((0, msgspec.structs.replace(decision(1, START_S), inline=inline, rounds=(drawn,)))))
    assert (one.template, one.campaign, one.placement) == ("mine", None, "inline")


@pytest.mark.parametrize("drawn", [Round(b"\0", b"\0\0\x80?", 1), Round(b"\x09", b"\0\0\x80?", 0)])
def test_a_choice_that_cannot_be_is_damage_and_leaves_nothing(drawn: Round) -> None:
    happenings = Happenings(shelf_at)
    with pytest.raises(Damaged):
        happenings.fold("1-0", msgspec.structs.replace(decision(1, START_S), rounds=(drawn,)))
    assert happenings.open == 0


def test_a_click_after_the_horizon_is_told_and_one_after_the_memory_is_not() -> None:
    late, too_late = event("c", 1, START_S + 60), event("p", 1, START_S + 9_999, kind="purchase")
    log = log_of(
        (0, decision(1, START_S)),
        (HORIZON_S + 1, Tick(START_S + HORIZON_S + 1)),
        (60, late),
        (REMEMBERED_S + 1, Tick(START_S + REMEMBERED_S + 1)),
        (REMEMBERED_S + 2, too_late),
    )
    assert kinds(log) == ["decided", "expired", "click"]


def test_what_is_forgotten_is_needed_no_more() -> None:
    happenings = Happenings(shelf_at)
    for each in log_of((0, event("c", 1, START_S)), (1, decision(1, START_S)), (2, event("x", 9, START_S))):
        happenings.fold(*each)
    assert happenings.needed_from("9-9").endswith("-0")
    for each in log_of((HOUR_S + GRACE_S + EARLY_S, Tick(START_S + 2 * HOUR_S))):
        happenings.fold(*each)
    assert (happenings.needed_from("9-9"), happenings.known_from("9-9")) == ("9-9", "9-9")
