from __future__ import annotations

from itertools import pairwise

import pytest

from simulations.environments.base import Round
from simulations.environments.conditions.arrivals import EDITIONS, LIFE, GrowingShop, TurnoverShop
from simulations.environments.shop import Shop


def templates(visit: Round) -> set[str]:
    return set(visit.request["templates"])


@pytest.mark.parametrize(("t", "ads"), [(0, 4), (250, 5), (4_000, 9), (32_000, 12)])
def test_ads_come_one_by_one(t: int, ads: int) -> None:
    assert len(templates(GrowingShop(1).round(t))) == ads


def test_what_may_be_asked_for_is_what_there_is() -> None:
    for visit in (GrowingShop(1).round(t) for t in range(0, 3_000, 100)):
        assert {template for template, _ in visit.candidates} <= templates(visit)
        assert len(visit.candidates) == len(visit.click_probability) > 0


def test_every_250_rounds_one_ad_of_twelve_is_another() -> None:
    shop = TurnoverShop(1)
    there = [templates(shop.round(t)) for t in range(0, LIFE, 250)]
    assert [len(now - before) for before, now in pairwise(there)] == [1] * 11
    assert {len(ads) for ads in there} == {12}


def test_after_a_life_no_ad_is_left_and_after_ten_all_are_back() -> None:
    start, later, again = (templates(TurnoverShop(1).round(t)) for t in (0, LIFE, EDITIONS * LIFE))
    assert start & later == set()
    assert start == again


def test_an_edition_has_an_appeal_of_its_own_as_long_as_it_lives() -> None:
    def appeals(t: int) -> set[float]:
        ratio = TurnoverShop(1).round(t).click_probability / Shop(1).round(t).click_probability
        return set(ratio.round(9).tolist())

    home = [t for t in range(200) if TurnoverShop(1).round(t).request["context"]["page"]["type"] == "home"]
    assert appeals(home[0]) == appeals(home[1])
    assert len(appeals(home[0])) == 12


def test_editions_of_an_ad_have_the_same_features() -> None:
    features = {row["id"]: row["features"] for row in TurnoverShop(1).catalog()["templates"]}
    assert len(features) == 12 * EDITIONS
    assert features["garden-sale-1"] == features["garden-sale-10"] != features["garden-new-1"]
