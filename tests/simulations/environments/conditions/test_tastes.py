from __future__ import annotations

import pytest

from simulations.environments.conditions.tastes import (
    EPOCH,
    PERIOD,
    YEAR,
    AbruptShop,
    DriftingShop,
    SeasonalShop,
)
from simulations.environments.shop import Shop


def appeal(world: Shop, t: int) -> dict[str, float]:
    """How much more each ad is clicked than in the plain shop, in round t of seed 1."""
    there, plain = world.round(t), Shop(1).round(t)
    ratio = there.click_probability / plain.click_probability
    return {template: float(r) for (template, _), r in zip(there.candidates, ratio, strict=True)}


def test_the_best_ad_changes_with_the_fashion() -> None:
    early, late = appeal(DriftingShop(1), 0), appeal(DriftingShop(1), PERIOD // 2)
    assert max(early, key=early.__getitem__) != max(late, key=late.__getitem__)


def test_after_a_whole_period_the_fashion_is_back() -> None:
    there = appeal(DriftingShop(1), PERIOD)
    assert max(there.values()) <= 3.0 + 1e-9
    assert there["fashion-sale"] == pytest.approx(1.0)


def test_appeals_hold_for_an_epoch_and_are_then_dealt_out_anew() -> None:
    first, last, after = (appeal(AbruptShop(1), t) for t in (0, EPOCH - 1, EPOCH))
    shared = first.keys() & last.keys() & after.keys()
    assert all(first[ad] == pytest.approx(last[ad]) for ad in shared)
    assert sum(abs(first[ad] - after[ad]) > 0.1 for ad in shared) > len(shared) // 2


def test_which_ad_gets_which_appeal_depends_on_the_seed() -> None:
    one, other = AbruptShop(1)._appeal(0), AbruptShop(2)._appeal(0)
    assert sorted(one) == sorted(other)
    assert one.tolist() != other.tolist()


def test_a_department_is_clicked_five_times_as_often_in_its_season() -> None:
    spring, summer = appeal(SeasonalShop(1), 0), appeal(SeasonalShop(1), YEAR // 4)
    assert spring["garden-new"] == pytest.approx(5.0 * summer["garden-new"])
    assert summer["sports-new"] == pytest.approx(5.0 * spring["sports-new"])


def test_the_season_is_told_and_comes_again() -> None:
    told = [SeasonalShop(1).round(t).request["context"]["season"] for t in (0, YEAR // 4, YEAR // 2, YEAR - 1, YEAR)]
    assert told == ["spring", "summer", "autumn", "winter", "spring"]
