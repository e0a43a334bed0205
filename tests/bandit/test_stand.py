"""What limits keep out is never drawn, is in the record with its reason, and costs nothing of what is exact."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bandit.barred import ABSENT
from bandit.decide import Ask, decide
from bandit.eligibility.limits import NONE, Limits
from bandit.recheck import draw_faults, record_faults, score_faults
from bandit.records import Decision, Outcome, unpacked
from bandit.shelf import Shelf
from bandit.stand import from_shelf
from tests.bandit.shops import SHELVES, limited, prices, weights
from tests.entries import START_S, laws

asked = st.fixed_dictionaries(
    {
        "templates": st.none() | st.lists(st.sampled_from(["t0", "many", "gone"]), min_size=1),
        "placements": st.none() | st.lists(st.sampled_from(["p0", "p2", "gone"]), min_size=1),
    }
)
PLAIN = SHELVES[False, "softmax", 0.0]
TIRED = SHELVES[True, "softmax", 0.0]


def reason_of(pair: int, shelf: Shelf, limits: Limits) -> str | None:
    """The first reason that keeps a candidate out, read off one by one; priority aside."""
    row, place = shelf.template[pair * shelf.levels], shelf.placement[pair * shelf.levels]
    if shelf.paused[row]:
        return "status"
    found = [reason for reason, flags in limits.templates.items() if flags[row]]
    found += [reason for reason, (one, other) in limits.pairs.items() if one[row] and other[place]]
    found += [reason for reason, flags in limits.placements.items() if flags[place]]
    return found[0] if found else None


def pairs_of(stored: bytes, k: int, shelf: Shelf) -> list[int]:
    return (unpacked(stored, k) // shelf.levels).tolist()


@laws(80)
@given(limited)
def test_a_candidate_is_left_or_barred_for_its_first_reason(given_: tuple[Shelf, Limits]) -> None:
    shelf, limits = given_
    stand = from_shelf(shelf, START_S, None, None, limits)
    why = {pair: reason_of(pair, shelf, limits) for pair in range(shelf.n // shelf.levels)}
    rank = (
        {} if limits.priority is None else {pair: limits.priority[shelf.template[pair * shelf.levels]] for pair in why}
    )
    top = max((rank.get(pair, 0) for pair, reason in why.items() if reason is None), default=0)
    why |= {pair: "priority" for pair, reason in why.items() if reason is None and rank.get(pair, 0) < top}
    found = {
        pair: reason for reason, some in stand.barred.items() for pair in pairs_of(some, stand.excluded[reason], shelf)
    }
    found |= {int(pair): None for pair in stand.positions // shelf.levels}
    assert (found, sum(stand.excluded.values()) + stand.k) == (why, len(why))


@laws(40)
@given(limited)
def test_each_candidate_stands_at_its_template_s_level(given_: tuple[Shelf, Limits]) -> None:
    shelf, limits = given_
    stand = from_shelf(shelf, START_S, None, None, limits)
    wanted = (
        limits.levels if limits.levels is not None and shelf.levels > 1 else np.zeros(len(shelf.templates), np.uint8)
    )
    assert (stand.positions % shelf.levels).tolist() == wanted[shelf.template[stand.positions]].tolist()


def made(shelf: Shelf, limits: Limits, number: int, prices_: dict[str, float], **given: Any) -> Decision:
    ask = Ask(id=number.to_bytes(16, "big"), time=START_S, context={"hour": number % 24}, limits=limits, **given)
    return decide(ask, shelf, weights(shelf, prices_))


@laws(120)
@given(limited, asked, prices, st.integers(0, 2**32), st.integers(1, 5))
def test_what_was_decided_under_limits_and_prices_holds_again(
    given_: tuple[Shelf, Limits], asked_: dict[str, Any], prices_: dict[str, float], number: int, count: int
) -> None:
    shelf, limits = given_
    decision = made(shelf, limits, number, prices_, count=count, **asked_)
    if not decision.rounds:
        return
    outcome = Outcome("1700000000000-0", decision, (), (0.0,) * len(decision.rounds))
    faults = [
        *record_faults(outcome, shelf),
        *draw_faults(decision, shelf),
        *score_faults(decision, shelf, weights(shelf)),
    ]
    assert faults == []
    assert all(abs(float(one.propensities().sum(dtype=np.float64)) - 1.0) < 1e-6 for one in decision.rounds)


@laws(60)
@given(limited, asked, prices, st.integers(0, 2**32), st.integers(1, 5))
def test_nothing_barred_is_drawn_save_a_lower_priority_once_the_higher_are_used(
    given_: tuple[Shelf, Limits], asked_: dict[str, Any], prices_: dict[str, float], number: int, count: int
) -> None:
    shelf, limits = given_
    decision = made(shelf, limits, number, prices_, count=count, **asked_)
    out = {pair for reason, some in decision.barred.items() if reason != "priority"
           for pair in pairs_of(some, decision.excluded[reason], shelf)}  # fmt: skip
    could = [set((one.positions() // shelf.levels).tolist()) for one in decision.rounds]
    assert not any(out & some for some in could)
    if "priority" in decision.barred and could:
        lower = set(pairs_of(decision.barred["priority"], decision.excluded["priority"], shelf))
        assert not lower & could[0]
    assert decision.barred.keys() == decision.excluded.keys() - set(ABSENT)


@laws(80)
@given(limited, prices, st.integers(0, 2**32))
def test_the_quick_way_decides_what_the_general_way_decides_under_limits(
    given_: tuple[Shelf, Limits], prices_: dict[str, float], number: int
) -> None:
    shelf, limits = given_
    ask = Ask(id=number.to_bytes(16, "big"), time=START_S, context={"hour": 3, "user": {"age": 4}}, limits=limits)
    ready = weights(shelf, prices_)
    assert decide(ask, shelf, ready) == decide(ask, shelf, dataclasses.replace(ready, prepared=None))


def test_a_page_shows_one_variant_of_a_template_and_no_two_rivals() -> None:
    for number in range(200):
        decision = made(PLAIN, NONE, number, {}, count=3)
        rows = [int(PLAIN.template[one.positions()[one.chosen]]) for one in decision.rounds]
        campaigns = [PLAIN.templates[row].campaign for row in rows]
        assert len({PLAIN.templates[row].id for row in rows}) == len(rows)
        assert not {"cola", "juice"} <= set(campaigns)


def test_limits_that_keep_nothing_out_leave_the_stand_as_it_is() -> None:
    stand = from_shelf(TIRED, START_S, None, None)
    assert from_shelf(TIRED, START_S, None, None, Limits()) is stand


def test_limits_of_another_shelf_are_refused() -> None:
    with pytest.raises(ValueError, match="not of this shelf"):
        from_shelf(PLAIN, START_S, None, None, Limits(templates={"cap": np.zeros(3, np.bool_)}))
