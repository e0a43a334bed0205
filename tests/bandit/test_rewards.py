"""From a slot's events to one number."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from bandit.config import RewardFormula
from bandit.records import Event, EventType
from bandit.rewards import reward
from tests.entries import KINDS, event, laws


def told(kind: EventType, value: float = 0.0) -> Event:
    return event("e", 1, 0.0, kind=kind, value=value)


worths = st.floats(-1000, 1000)
formulas = st.builds(
    lambda low, high, **worth: RewardFormula(minimum=min(low, high), maximum=max(low, high) + 0.5, **worth),
    low=st.floats(-999, 999),
    high=st.floats(-999, 999),
    **dict.fromkeys(("impression", "viewable", "click", "dismiss", "purchase", "purchase_value", "default"), worths),
)
heard = st.lists(st.builds(told, st.sampled_from(KINDS), st.floats(0, 1e7)), max_size=8)
OPEN = RewardFormula(
    impression=0.01, viewable=0.02, click=1.0, dismiss=-0.5, purchase=5.0, purchase_value=0.1,
    default=-0.1, minimum=-1000.0, maximum=1000.0,
)  # fmt: skip


@laws(300)
@given(formulas, heard)
def test_a_reward_lies_within_the_formula_s_bounds(formula: RewardFormula, events: list[Event]) -> None:
    assert formula.minimum <= reward(formula, events) <= formula.maximum


@laws(200)
@given(formulas, heard)
def test_telling_of_an_impression_click_or_dismissal_again_changes_nothing(
    formula: RewardFormula, events: list[Event]
) -> None:
    again = [one for one in events if one.type in ("impression", "click", "dismiss")]
    assert reward(formula, [*events, *again]) == reward(formula, events)


@laws(200)
@given(heard, st.floats(0, 1e7))
def test_where_a_ready_made_reward_came_the_formula_s_weights_do_not_count(events: list[Event], value: float) -> None:
    ready = [told("reward", value), *(one for one in events if one.type != "reward")]
    assert reward(OPEN, ready) == min(value, OPEN.maximum)


@laws(200)
@given(st.lists(st.floats(0, 50), min_size=1, max_size=5))
def test_every_purchase_counts(values: list[float]) -> None:
    bought = sum(OPEN.purchase + OPEN.purchase_value * value for value in values)
    assert abs(reward(OPEN, [told("purchase", value) for value in values]) - bought) < 1e-9


def test_each_kind_adds_its_worth_once() -> None:
    assert reward(OPEN, [told("impression"), told("click"), told("click"), told("dismiss")]) == 0.51


def test_where_nothing_was_heard_the_default_stands() -> None:
    assert reward(OPEN, []) == -0.1


def test_a_default_out_of_bounds_is_clamped_too() -> None:
    assert reward(replace(OPEN, default=7.0, maximum=2.0), []) == 2.0


def test_ready_made_rewards_add_up() -> None:
    assert reward(OPEN, [told("reward", 0.25), told("reward", -0.75)]) == -0.5
