from __future__ import annotations

import numpy as np
import pytest

from simulations.environments.shop import Shop
from simulations.environments.shop_variants import PERIOD, DriftingShop, GrowingShop, ScaledShop


@pytest.mark.parametrize("rate", [0.01, 0.05])
def test_an_even_draw_is_clicked_at_the_base_rate(rate: float) -> None:
    world = ScaledShop(1, rate=rate)
    assert np.mean([world.round(t).uniform for t in range(2_000)]) == pytest.approx(rate, rel=0.1)


def test_the_best_ad_changes_with_the_fashion() -> None:
    early, late = (
        DriftingShop(1).round(t).click_probability / Shop(1).round(t).click_probability for t in (0, PERIOD // 2)
    )
    assert early.argmax() != late.argmax()


def test_after_a_whole_period_the_fashion_is_back() -> None:
    drifting, plain = DriftingShop(1).round(PERIOD), Shop(1).round(PERIOD)
    shown = drifting.click_probability / plain.click_probability
    assert shown.max() <= 3.0
    assert shown[drifting.candidates.index(("fashion-sale", drifting.candidates[0][1]))] == pytest.approx(1.0)


@pytest.mark.parametrize(("t", "ads"), [(0, 4), (250, 5), (4_000, 9), (32_000, 12)])
def test_ads_come_one_by_one(t: int, ads: int) -> None:
    assert len(GrowingShop(1).round(t).request["templates"]) == ads


def test_what_may_be_asked_for_is_what_there_is() -> None:
    for visit in (GrowingShop(1).round(t) for t in range(0, 3_000, 100)):
        assert {template for template, _ in visit.candidates} <= set(visit.request["templates"])
        assert len(visit.candidates) == len(visit.click_probability) > 0
