"""Targets, shadow prices, and the days that come of them."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bandit.catalog import Campaign
from bandit.pacing.account import NANOS, Account, DayCounts, Lot
from bandit.pacing.balance import PLENTY, balance
from bandit.pacing.shadow import band_of, next_price
from bandit.pacing.targets import hour_weights, target
from bandit.pacing.zones import day_of
from tests.bandit.pacing.worlds import DAY_S, MIDNIGHT_S, campaign, run, sinusoidal
from tests.entries import laws

EURO = 1_000_000 * NANOS
EVENING = {int(MIDNIGHT_S // 3600) - 48 + hour: 100 if hour % 24 >= 18 else 10 for hour in range(48)}


def due(of: Campaign, hours: float, *, earlier: int = 0, traffic: dict[int, int] | None = None) -> float:
    """Of the day's goal, so many hours after midnight."""
    found = target(of, of.budget, earlier, traffic or {}, MIDNIGHT_S + 3600 * hours)  # type: ignore[arg-type]
    return found.by_now / found.goal if found.goal else 0.0


@given(st.floats(0, 23.9), st.floats(0, 23.9), st.sampled_from(["even", "learned", "none"]))
@laws(60)
def test_a_target_never_falls_and_never_passes_its_goal(one: float, other: float, pacing: str) -> None:
    of = campaign(daily=100.0, pacing=pacing)
    first, then = (due(of, hours, traffic=EVENING) for hours in sorted((one, other)))
    assert 0.0 <= first <= then <= 1.0


def test_even_is_by_the_clock_and_none_is_at_once() -> None:
    assert due(campaign(daily=100.0), 6.0) == pytest.approx(0.25)
    assert due(campaign(daily=100.0, pacing="none"), 0.0) == 1.0


def test_learned_follows_the_hours_of_past_days_and_is_even_without_any() -> None:
    learned = campaign(daily=100.0, pacing="learned")
    assert due(learned, 18.0) == pytest.approx(0.75)
    assert due(learned, 18.0, traffic=EVENING) == pytest.approx(180 / 780)


def test_hours_are_those_of_the_zone() -> None:
    weights = hour_weights(EVENING, "Asia/Shanghai", MIDNIGHT_S)
    assert weights is not None
    assert [hour for hour, weight in enumerate(weights) if weight > 1.0] == list(range(2, 8))


def test_a_flight_is_spread_over_what_is_left_of_its_days() -> None:
    of = campaign(flight=100.0)
    fresh, later = (target(of, of.budget, spent, {}, MIDNIGHT_S).goal for spent in (0, 50 * EURO))  # type: ignore[arg-type]
    assert (fresh, later) == (10 * EURO, 5 * EURO)


def test_of_a_day_and_a_flight_the_tighter_one_binds() -> None:
    of = campaign(daily=7.0, flight=100.0)
    goals = [target(of, of.budget, spent * EURO, {}, MIDNIGHT_S).goal for spent in (0, 60, 100)]  # type: ignore[arg-type]
    assert goals == [7 * EURO, 4 * EURO, 0]


def test_a_day_of_23_hours_is_spread_over_23_hours() -> None:
    night = datetime(2026, 3, 29, tzinfo=UTC).timestamp() - 3600  # the clock goes forward at 2
    of = campaign(daily=23.0)
    budget = msgspec.structs.replace(of.budget, zone="Europe/Berlin")  # type: ignore[type-var]
    of = msgspec.structs.replace(of, budget=budget, starts_at=None, ends_at=None)
    assert target(of, of.budget, 0, {}, night + 3600 * 5).by_now == pytest.approx(5 * EURO)  # type: ignore[arg-type]


@given(st.floats(0, 1), st.floats(0, 1e6), st.floats(0, 1e6), st.floats(1e-3, 1e6), st.floats(-10, 1e5))
@laws(80)
def test_a_shadow_price_stays_within_the_largest_reward(
    old: float, spent: float, aim: float, band: float, elapsed_s: float
) -> None:
    assert 0.0 <= next_price(old, spent, aim, band, elapsed_s) <= 1.0


def test_a_shadow_price_rises_while_spending_is_ahead_and_falls_to_nothing_behind() -> None:
    ahead = list(itertools.accumulate(range(20), lambda old, _: next_price(old, 102.0, 100.0, 4.0, 2.0), initial=0.0))
    behind = next_price(0.9, 99.0, 100.0, 4.0, 200.0)
    assert ahead == sorted(ahead)
    assert 0.4 < ahead[-1] <= 0.5
    assert behind == 0.0


def test_the_band_of_a_few_clicks_is_one_click() -> None:
    assert band_of(3.0, 0.5) == 0.5


def test_no_more_may_be_decided_than_money_is_left_for_at_old_prices_too() -> None:
    of, day = campaign(daily=10.0, pacing="none"), day_of(MIDNIGHT_S, "UTC")
    old = Lot("click", 2 * EURO, decided=3, open=3)  # at twice the price: up to 6 EUR
    found = balance(of, Account({day: DayCounts([old])}), {}, MIDNIGHT_S)
    assert (found.left, found.held, found.open) == (8, 6 * EURO, 3)


def test_a_new_day_begins_with_all_of_its_budget() -> None:
    of, day = campaign(daily=5.0, pacing="none"), day_of(MIDNIGHT_S, "UTC")
    spent = Account({day: DayCounts([Lot("click", EURO // 2, decided=10, billed=10, resolved=10, used=10)])})
    before, after = (balance(of, spent, {}, MIDNIGHT_S + hours * 3600).left for hours in (23.99, 24.0))
    assert (before, after) == (0, 10)


def test_without_a_budget_there_is_no_end() -> None:
    free = msgspec.structs.replace(campaign(daily=1.0), budget=None)
    assert balance(free, Account(), {}, MIDNIGHT_S).left == PLENTY


@pytest.mark.parametrize(
    ("of", "rate", "mean"),
    [
        (campaign("click", 0.5, daily=100.0), 0.05, 0.4),
        (campaign("mille", 5.0, daily=20.0), 0.9, 0.2),
        (campaign("click", 0.5, daily=80.0, flight=700.0), 0.1, 0.3),
    ],
)
def test_even_pacing_stays_near_its_target_all_day_and_spends_the_budget(
    of: Campaign, rate: float, mean: float
) -> None:
    steps = list(run(of, sinusoidal(mean), rate=rate, step_s=30.0))
    goal = steps[0].balance.goal
    ahead = [(step.balance.spent_today - step.balance.target) / goal for step in steps if step.now > MIDNIGHT_S + 3600]
    assert max(ahead) < 0.03
    assert min(ahead) > -0.05
    assert 0.97 <= steps[-1].balance.spent_today / goal <= 1.005


def test_a_few_clicks_a_day_come_one_by_one() -> None:
    steps = list(run(campaign("click", 0.5, daily=2.5), sinusoidal(1.0), rate=0.05, step_s=20.0))
    ahead = [step.balance.spent_today - step.balance.target for step in steps]
    assert max(ahead) <= 0.5 * EURO + 0.5 * EURO
    assert steps[-1].spent == 2.5


@pytest.mark.parametrize("rate", [0.5, 0.02])
@pytest.mark.parametrize("budget", [3.0, 60.0])
def test_a_budget_that_runs_out_is_overspent_by_a_price_at_most(budget: float, rate: float) -> None:
    of = campaign("click", 0.5, daily=budget, pacing="none")
    ends = [list(run(of, lambda _: 4.0, rate=rate, seed=seed, step_s=5.0, lasts_s=3_600.0))[-1] for seed in range(4)]
    assert max(end.spent for end in ends) <= budget + max(0.5, 0.005 * budget)


def test_pacing_goes_on_over_days() -> None:
    of, days = campaign("click", 0.5, daily=25.0), 2
    *_, end = run(of, sinusoidal(0.3), rate=0.05, step_s=60.0, lasts_s=days * DAY_S)
    assert end.spent == pytest.approx(50.0, rel=0.04)
