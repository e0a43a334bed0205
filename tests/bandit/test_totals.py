"""Running sums: each outcome counted where it belongs, and nowhere else."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bandit.errors import Damaged
from bandit.join import Join
from bandit.records import HOLDOUT, LEARNED, Outcome
from bandit.totals import BUCKETS, MEASURES, Totals, bucket
from tests.entries import POLICY, START_S, Log, decision, event, laws, logs


def outcomes(log: Log) -> list[Outcome]:
    join = Join(lambda version: POLICY)
    return [outcome for at in log for outcome in join.fold(*at)]


def added(some: list[Outcome]) -> Totals:
    totals = Totals()
    for outcome in some:
        totals.add(outcome)
    return totals


@laws(100)
@given(logs())
def test_each_arm_s_sums_are_those_of_its_outcomes(log: Log) -> None:
    some = outcomes(log)
    for arm in (LEARNED, HOLDOUT):
        own = [outcome for outcome in some if outcome.decision.arm == arm]
        sums = added(some).arm(arm)
        assert sums["decisions"] == len(own)
        assert sums["slots"] == sum(len(outcome.decision.rounds) for outcome in own)
        assert sums["reward"] == pytest.approx(sum(sum(outcome.rewards) for outcome in own))
        assert sums["clicks"] == len({(o.position, e.slot) for o in own for e in o.events if e.type == "click"})


@laws(100)
@given(logs())
def test_read_back_they_go_on_to_the_same_bytes(log: Log) -> None:
    some = outcomes(log)
    half = Totals.from_bytes(added(some[: len(some) // 2]).to_bytes())
    for outcome in some[len(some) // 2 :]:
        half.add(outcome)
    assert half.to_bytes() == added(some).to_bytes()


@laws(100)
@given(logs(), st.sampled_from(MEASURES))
def test_the_buckets_add_up_to_the_arm(log: Log, measure: str) -> None:
    totals = added(outcomes(log))
    assert totals.by_bucket(LEARNED, measure).sum() == pytest.approx(totals.arm(LEARNED)[measure])


def test_a_user_falls_into_one_bucket_whatever_she_sees() -> None:
    some = [Outcome(str(i), decision(7 * i, START_S), (event("e", 7 * i, START_S),), (1.0,)) for i in range(9)]
    assert np.count_nonzero(added(some).by_bucket(LEARNED, "decisions")) == 1


def test_users_spread_evenly_over_the_buckets() -> None:
    counts = np.bincount([bucket(i.to_bytes(16, "big")) for i in range(6_400)], minlength=BUCKETS)
    assert counts.min() > 50
    assert counts.max() < 150


def test_clicks_count_once_a_slot_and_purchases_each() -> None:
    told = (
        event("a", 1, START_S),
        event("b", 1, START_S),
        event("c", 1, START_S, kind="purchase", value=20.0),
        event("d", 1, START_S, kind="purchase", value=5.0),
    )
    sums = added([Outcome("1-0", decision(1, START_S), told, (1.0,))]).arm(LEARNED)
    assert (sums["clicks"], sums["conversions"], sums["revenue"]) == (1, 2, 25.0)


@pytest.mark.parametrize("stored", [b"", bytes(8), bytes(8 * 2 * BUCKETS * len(MEASURES) + 1)])
def test_bytes_of_another_length_are_refused(stored: bytes) -> None:
    with pytest.raises(Damaged):
        Totals.from_bytes(stored)
