"""The fold over the log: what counts, what closes, and when."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from bandit.join import EARLY_S, GRACE_S, MOST_EVENTS, SETTLE_S, Join, order, seconds
from bandit.records import Decision, Event, Outcome, Tick
from tests.entries import CATALOG, HOUR_S, START_S, Log, decision, event, laws, log_of, logs, raw

POLICY = CATALOG.policies[0]
HORIZON_S = POLICY.horizon_s
CLOSED_S = HORIZON_S + SETTLE_S + 0.1  # after a decision, when a tick closes it


def folded(log: Log) -> tuple[Join, list[tuple[str, Outcome]]]:
    """The join after a whole log, and each outcome with the position of the entry that closed it."""
    join = Join(lambda version: POLICY)
    return join, [(position, outcome) for position, entry in log for outcome in join.fold(position, entry)]


def outcomes(log: Log) -> list[Outcome]:
    return [outcome for _, outcome in folded(log)[1]]


def expected(log: Log, closing: str, of: Decision, opened: str) -> list[str]:
    """Ids of the events that must count: first of their id, in time, in a slot, before the closing entry.

    Read off the whole log at once, without the join's own bookkeeping. An event from before its decision is
    forgotten once a closing entry stands EARLY_S behind the first of those that wait with it.
    """
    waiting: list[Event] = []
    first_s = 0.0
    for position, entry in log:
        if order(position) >= order(closing):
            break
        early = order(position) < order(opened)
        if isinstance(entry, Event) and entry.decision == of.id:
            first_s = first_s if waiting else seconds(position)
            waiting.append(entry)
        elif early and not isinstance(entry, Event) and seconds(position) >= first_s + EARLY_S:
            waiting.clear()
    counted: dict[str, None] = {}
    for heard in waiting:
        if heard.slot < len(of.rounds) and heard.time <= of.time + HORIZON_S:
            counted.setdefault(heard.id)
    return list(counted)


@laws(300)
@given(logs())
def test_every_event_in_time_and_before_the_closing_entry_counts_once_and_no_other_does(log: Log) -> None:
    for closing, outcome in folded(log)[1]:
        counted = [heard.id for heard in outcome.events]
        assert counted == expected(log, closing, outcome.decision, outcome.position)


@laws(300)
@given(logs())
def test_decisions_close_once_in_log_order(log: Log) -> None:
    closed = [outcome.position for outcome in outcomes(log)]
    decided = [position for position, entry in log if isinstance(entry, Decision)]
    assert closed == decided[: len(closed)]


@laws(300)
@given(logs())
def test_what_is_not_closed_is_open(log: Log) -> None:
    join, closed = folded(log)
    assert join.open + len(closed) == sum(isinstance(entry, Decision) for _, entry in log)


@laws(300)
@given(logs())
def test_an_event_never_closes_a_decision(log: Log) -> None:
    events = {position for position, entry in log if isinstance(entry, Event)}
    assert not events & {closing for closing, _ in folded(log)[1]}


@laws(300)
@given(logs())
def test_no_decision_waits_longer_than_the_grace_behind_its_horizon(log: Log) -> None:
    last_s = seconds(log[-1][0]) + HORIZON_S + GRACE_S + 1
    closed = outcomes([*log, (f"{round(last_s * 1000)}-0", Tick(0.0))])
    assert len(closed) == sum(isinstance(entry, Decision) for _, entry in log)


@laws(300)
@given(logs())
def test_no_decision_closes_before_the_log_has_moved_past_its_horizon(log: Log) -> None:
    for closing, outcome in folded(log)[1]:
        assert seconds(closing) > seconds(outcome.position) + HORIZON_S


@laws(500)
@given(logs(), st.floats(0, 1), st.booleans())
def test_the_log_from_needed_from_on_holds_all_that_is_still_to_count(log: Log, share: float, trimmed: bool) -> None:
    cut = round(share * len(log))
    before, after = log[:cut], log[cut:]
    join, closed = folded(before)
    keep = join.needed_from() or log[0][0]
    gone = {outcome.position for _, outcome in closed}
    again = Join(lambda version: POLICY)
    for position, entry in before:
        if position not in gone and (not trimmed or order(position) >= order(keep)):
            again.collect(position, entry)
    assert [join.fold(*each) for each in after] == [again.fold(*each) for each in after]


@laws(200)
@given(st.permutations([event(f"e{i}", 1, START_S + i / 4) for i in range(8)]), st.integers(0, 8))
def test_the_order_of_events_and_decision_in_the_log_changes_nothing(shuffled: list[Event], at: int) -> None:
    entries = [*shuffled[:at], decision(1, START_S), *shuffled[at:]]
    log = log_of(*((0.0, entry) for entry in entries), (CLOSED_S, Tick(START_S + CLOSED_S)))
    [outcome] = outcomes(log)
    assert Counter(heard.id for heard in outcome.events) == Counter(heard.id for heard in shuffled)


def test_an_event_before_its_decision_counts() -> None:
    log = log_of((0, event("e", 1, START_S)), (1, decision(1, START_S)), (4, Tick(START_S + 4)))
    assert outcomes(log)[0].rewards == (1.0,)


def test_an_event_after_the_horizon_does_not_count() -> None:
    late = event("e", 1, START_S + HORIZON_S + 0.001)
    log = log_of((0, decision(1, START_S)), (2.001, late), (4, Tick(START_S + 4)))
    assert outcomes(log)[0].events == ()


def test_a_long_shipping_gap_loses_no_event() -> None:
    away = log_of(
        (HOUR_S, decision(1, START_S)),
        (HOUR_S, decision(2, START_S + 1)),
        (HOUR_S + 3, event("e", 1, START_S + 1.5)),
        (HOUR_S + 3, Tick(START_S + HOUR_S)),
    )
    assert [outcome.rewards for outcome in outcomes(away)] == [(1.0,), (0.0,)]


def test_an_hour_forward_and_back_closes_no_decision_before_its_events_are_shipped() -> None:
    log = log_of(
        (0, Tick(START_S + HOUR_S)),
        (1, decision(1, START_S + 1)),
        (1 + HORIZON_S + 5, decision(2, START_S + 1.1)),  # Redis was away
        (1 + HORIZON_S + 5, event("e", 1, START_S + 1.5)),
        (1 + HORIZON_S + 6, Tick(START_S + HORIZON_S + 6)),
    )
    assert outcomes(log)[0].rewards == (1.0,)


def test_an_hour_back_delays_a_decision_by_the_grace_at_most() -> None:
    before = decision(1, START_S + HOUR_S)
    ticks = [(float(at), Tick(START_S + at)) for at in range(1, 700)]
    [(closing, outcome)] = folded(log_of((0, before), *ticks))[1]
    assert outcome.decision.id == raw(1)
    assert seconds(closing) <= START_S + HORIZON_S + GRACE_S + 1.0


def test_an_hour_back_delays_no_decision_from_after_it() -> None:
    forward = Tick(START_S + HOUR_S)
    log = log_of((0, decision(1, START_S)), (1, forward), (HORIZON_S + 0.1, Tick(START_S + HORIZON_S)))
    assert len(outcomes(log)) == 1


def test_an_event_at_the_very_horizon_counts() -> None:
    last = event("e", 1, START_S + HORIZON_S)
    log = log_of((0, decision(1, START_S)), (HORIZON_S, last), (4, Tick(START_S + 4)))
    assert outcomes(log)[0].events == (last,)


def test_a_decision_waits_until_the_log_is_past_its_horizon_by_more_than_nothing() -> None:
    at_horizon = (f"{round((START_S + HORIZON_S) * 1000)}-0", Tick(START_S + HOUR_S))
    assert outcomes([*log_of((0, decision(1, START_S))), at_horizon]) == []


def test_of_more_events_than_anybody_causes_the_first_thousand_count() -> None:
    for early in (True, False):
        told = [(0.5, event(f"e{i}", 1, START_S + 0.5)) for i in range(MOST_EVENTS + 50)]
        shown = [(0.6 if early else 0.4, decision(1, START_S))]
        (outcome,) = outcomes(
            log_of(*(told + shown if early else shown + told), (CLOSED_S + 1, Tick(START_S + CLOSED_S)))
        )
        assert [heard.id for heard in outcome.events] == [f"e{i}" for i in range(MOST_EVENTS)]


def test_a_decision_that_stands_twice_is_learned_once() -> None:
    log = log_of((0, decision(1, START_S)), (0, decision(1, START_S)), (4, Tick(START_S + 4)))
    assert len(outcomes(log)) == 1


def test_an_event_of_a_closed_decision_keeps_nothing_of_the_log() -> None:
    closing = CLOSED_S, Tick(START_S + CLOSED_S)
    log = log_of((0.0, decision(1, START_S)), closing, (CLOSED_S + 1, event("late", 1, START_S)))
    assert folded(log)[0].needed_from() is None
