"""What was decided passes every check again; what is altered anywhere in a record is found and named."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from msgspec.structs import replace

from bandit.config import Baseline, Exploration, Holdout
from bandit.decide import Ask, decide, weigh
from bandit.faults import Fault
from bandit.recheck import draw_faults, record_faults, score_faults
from bandit.records import HOLDOUT, Context, Decision, InlineCandidate, Outcome, Round, packed
from bandit.shelf import Shelf, lay_out
from tests.entries import CATALOG, POLICY, START_S, event

OWN = tuple(InlineCandidate(template=f"t{i}", placement=f"p{i % 3}", features={"size": i}) for i in range(5))


def shelf_with(**policy: Any) -> Shelf:
    return lay_out(CATALOG, replace(POLICY, **policy))


SHELF = shelf_with(exploration=Exploration(min_probability=0.01))
TABLE = np.random.default_rng(1).normal(0, 0.1, 1 << POLICY.learning.bits).astype(np.float32)
WEIGHTS = weigh(TABLE, 40, SHELF)


def decided(number: int = 1, shelf: Shelf = SHELF, **given: Any) -> Decision:
    context: Context = {"hour": number % 24, "user": {"segment": "ab"[number % 2]}}
    ask = Ask(id=number.to_bytes(16, "big"), time=START_S, user=number.to_bytes(16, "big"), context=context, **given)
    return decide(ask, shelf, weigh(TABLE, 40, shelf))


def outcome_of(decision: Decision) -> Outcome:
    """A click in the first slot."""
    click = replace(event("c", 1, START_S), decision=decision.id)
    return Outcome("1700000000000-0", decision, (click,), (1.0,) + (0.0,) * (len(decision.rounds) - 1))


def faults(decision: Decision, shelf: Shelf = SHELF) -> Iterator[Fault]:
    yield from record_faults(outcome_of(decision), shelf)
    yield from draw_faults(decision, shelf)
    yield from score_faults(decision, shelf, weigh(TABLE, 40, shelf))


@pytest.mark.parametrize("kind", ["softmax", "squarecb", "epsilon_greedy", "greedy", "uniform"])
@pytest.mark.parametrize(
    "given",
    [{}, {"count": 2}, {"templates": ["sale"]}, {"placements": ["rail"]}, {"inline": OWN}, {"inline": OWN, "count": 9}],
)
def test_what_was_decided_holds(kind: Any, given: dict[str, Any]) -> None:
    shelf = shelf_with(exploration=Exploration(kind=kind), holdout=Holdout(share=0.3))
    assert [fault for i in range(40) for fault in faults(decided(i, shelf, **given), shelf)] == []


@pytest.mark.parametrize(
    "baseline", [Baseline(), Baseline(kind="fixed", template="new", placement="rail"), Baseline(kind="request")]
)
@pytest.mark.parametrize("named", [None, ("sale", None), ("new", "hero"), ("gone", None)])
def test_a_holdout_holds_whatever_its_baseline(baseline: Baseline, named: tuple[str, str | None] | None) -> None:
    shelf = shelf_with(holdout=Holdout(share=1.0, baseline=baseline))
    decisions = [decided(i, shelf, count=2, baseline=named) for i in range(20)]
    assert {decision.arm for decision in decisions} == {HOLDOUT}
    assert [fault for decision in decisions for fault in faults(decision, shelf)] == []


def _with(decision: Decision, slot: int, **changes: Any) -> Decision:
    """One round altered; `p` stands for its probabilities."""
    given = decision.rounds[slot]
    parts = {"candidates": given.candidates, "probabilities": given.probabilities, "chosen": given.chosen} | changes
    rounds = [*decision.rounds]
    rounds[slot] = Round(**parts)
    return replace(decision, rounds=tuple(rounds))


def _p(*p: float) -> bytes:
    return np.array(p, "<f4").tobytes()


@pytest.mark.parametrize(
    ("changes", "field", "expected"),
    [
        ({"probabilities": _p(np.nan, 0.5, 0.25, 0.25)}, "probabilities[0]", "a number in [0, 1]"),
        ({"probabilities": _p(0.5, 0.5, 1.5, -1.5)}, "probabilities[2]", "a number in [0, 1]"),
        ({"probabilities": _p(0.25, 0.25, 0.25, 0.26)}, "probabilities", "a sum of 1"),
        ({"probabilities": _p(0.5, 0.498, 0.001, 0.001)}, "probabilities[2]", "at least 0.01"),
        ({"probabilities": _p(0.0, 0.5, 0.25, 0.25), "chosen": 0}, "propensity", "above 0"),
        ({"chosen": 7}, "chosen", "one of 4 candidates"),
        ({"candidates": packed(np.array([0, 1, 2, 9], np.uint32))}, "candidates", "positions below 4"),
    ],
)
def test_a_record_that_cannot_be_is_named(changes: dict[str, Any], field: str, expected: str) -> None:
    altered = _with(decided(), 0, **changes)
    assert (field, expected) in [(f.field, f.expected) for f in record_faults(outcome_of(altered), SHELF)]


def test_one_probability_off_by_one_bit_is_named_with_both_numbers() -> None:
    decision = decided()
    p = decision.rounds[0].propensities().copy()
    p[3] = np.nextafter(p[3], np.float32(1.0))
    (fault,) = score_faults(_with(decision, 0, probabilities=p.tobytes()), SHELF, WEIGHTS)
    assert (fault.slot, fault.field) == (0, "probabilities[3]")
    assert fault.expected != fault.found
    assert "0x1." in fault.expected


def test_another_model_version_is_seen_in_draw_and_scores() -> None:
    other = [replace(decided(i), model_version=41) for i in range(30)]
    assert any(list(draw_faults(decision, SHELF)) for decision in other)
    assert all(list(score_faults(decision, SHELF, weigh(TABLE * 2, 41, SHELF))) for decision in other)


def test_another_choice_is_seen_in_the_draw() -> None:
    decision = decided()
    chosen = decision.rounds[0].chosen
    (fault,) = draw_faults(_with(decision, 0, chosen=(chosen + 1) % 4), SHELF)
    assert (fault.field, fault.expected) == ("chosen", str(chosen))


def test_the_other_arm_is_seen() -> None:
    shelf = shelf_with(holdout=Holdout(share=0.5))
    decision = decided(shelf=shelf)
    (fault,) = draw_faults(replace(decision, arm=HOLDOUT - decision.arm), shelf)
    assert fault.field == "arm"


def test_a_template_shown_twice_on_a_page_is_seen() -> None:
    decision = decided(count=2)
    twice = replace(decision, rounds=(decision.rounds[0],) * 2)
    assert {fault.field for fault in record_faults(outcome_of(twice), SHELF)} == {"template", "placement"}
    assert "candidates" in {fault.field for fault in score_faults(twice, SHELF, WEIGHTS)}


def test_a_reward_that_the_events_do_not_give_is_seen() -> None:
    wrong = replace(outcome_of(decided()), rewards=(0.5,))
    (fault,) = record_faults(wrong, SHELF)
    assert (fault.field, fault.expected, fault.found) == ("reward", "1.0", "0.5")


def test_an_ad_that_was_paused_is_seen() -> None:
    campaign = replace(CATALOG.campaigns[0], status="paused")
    paused = lay_out(replace(CATALOG, campaigns=(campaign,)), SHELF.policy)
    (fault,) = record_faults(outcome_of(decided()), paused)
    assert (fault.field, fault.found) == ("candidates[0]", "sale")
