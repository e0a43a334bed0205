from __future__ import annotations

import numpy as np
import pytest

from simulations.environments.base import Round
from simulations.environments.conditions.positions import ListShop


@pytest.fixture(scope="module")
def visits() -> list[Round]:
    return [ListShop(1).round(t) for t in range(6_000)]


def rate(visits: list[Round], offer: str, place: str = "list") -> float:
    """Mean chance of a click on an offer's ads, where they can be shown."""
    there = [visit for visit in visits if visit.request["placements"][0].startswith(place)]
    pairs = ((pair, click) for v in there for pair, click in zip(v.candidates, v.click_probability, strict=True))
    return float(np.mean([click for (template, _), click in pairs if template.endswith(offer)]))


def test_a_request_is_for_one_place_of_the_list(visits: list[Round]) -> None:
    assert {len(visit.request["placements"]) for visit in visits} == {1}
    assert all({place for _, place in visit.candidates} == set(visit.request["placements"]) for visit in visits)


def test_the_top_is_looked_at_five_times_as_often_as_the_foot(visits: list[Round]) -> None:
    assert rate(visits, "sale", "list-1") == pytest.approx(5.0 * rate(visits, "sale", "list-5"), rel=0.15)


def test_premium_ads_look_better_than_they_are(visits: list[Round]) -> None:
    assert rate(visits, "premium") > rate(visits, "sale")
    assert rate(visits, "premium", "list-1") < rate(visits, "sale", "list-1")
    assert rate(visits, "premium", "list-2") < rate(visits, "sale", "list-2")
