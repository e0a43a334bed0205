from __future__ import annotations

import numpy as np
import pytest
from msgspec.structs import replace

from simulations.environments.base import History, Wearing
from simulations.environments.conditions.wear import BUDGETS, DAY, LATELY, TIRED, BudgetShop, FatigueShop
from simulations.policies.base import Choice
from simulations.policies.uniform import Uniform
from simulations.running.runner import play


class First(Uniform):
    """Always the first candidate."""

    def choose(self, visit):
        return Choice(0, 1.0)


def shown(visit, times: int, *, clicked: bool = False) -> History:
    """The history of a run that showed the visit's first candidate so often."""
    history = History()
    for _ in range(times):
        history.add(visit, 0, clicked=clicked)
    return history


def test_an_ad_is_clicked_less_each_time_she_sees_it_again() -> None:
    shop, visit = FatigueShop(1), FatigueShop(1).round(5)
    worn = shop.worn(visit, shown(visit, 3))
    same = [template == visit.candidates[0][0] for template, _ in visit.candidates]
    assert worn.click_probability / visit.click_probability == pytest.approx(np.where(same, TIRED**3, 1.0))


def test_what_one_saw_does_not_tire_another() -> None:
    shop, visit = FatigueShop(1), FatigueShop(1).round(5)
    other = replace(visit, request=visit.request | {"user": {"key": "another"}})
    assert shop.worn(other, shown(visit, 3)).click_probability.tolist() == visit.click_probability.tolist()


def test_after_a_while_she_has_forgotten() -> None:
    shop, visit = FatigueShop(1), FatigueShop(1).round(5)
    later = replace(visit, t=5 + LATELY + 1)
    assert shop.worn(later, shown(visit, 3)).click_probability.tolist() == visit.click_probability.tolist()


def test_showing_the_same_again_and_again_earns_less_than_varying() -> None:
    same, varied = (play(FatigueShop(1), policy, 2_000).earned.sum() for policy in (First(1), Uniform(1)))
    assert same < varied


def test_a_campaign_rests_when_its_clicks_are_paid_for() -> None:
    shop, visit = BudgetShop(1), BudgetShop(1).round(5)
    assert visit.candidates[0][0].endswith("sale")
    assert shop.worn(visit, shown(visit, BUDGETS["sale"] - 1, clicked=True)) is visit
    worn = shop.worn(visit, shown(visit, BUDGETS["sale"], clicked=True))
    assert {template.split("-")[1] for template, _ in worn.candidates} <= {"new", "premium"}
    assert worn.request["templates"] == [ad for ad in worn.request["templates"] if not ad.endswith("sale")]


def test_showing_costs_nothing_and_the_next_day_pays_again() -> None:
    shop, visit = BudgetShop(1), BudgetShop(1).round(5)
    spent = shown(visit, BUDGETS["sale"], clicked=True)
    assert shop.worn(visit, shown(visit, 50)) is visit
    assert shop.worn(replace(visit, t=DAY), spent).candidates == visit.candidates


def test_when_all_is_spent_the_shop_s_own_ads_are_left() -> None:
    history = History()
    for t in range(40):
        visit = BudgetShop(1).round(t)
        for at in range(len(visit.candidates)):
            history.add(visit, at, clicked=True)
    worn = BudgetShop(1).worn(visit, history)
    assert {template.split("-")[1] for template, _ in worn.candidates} == {"new"}


def test_a_history_is_only_read() -> None:
    for shop in (FatigueShop(1), BudgetShop(1)):
        visit, history = shop.round(5), shown(shop.round(5), 20, clicked=True)
        assert shop.worn(visit, history).candidates == shop.worn(visit, history).candidates
        assert vars(history) == vars(shown(visit, 20, clicked=True))
        assert isinstance(shop, Wearing)
