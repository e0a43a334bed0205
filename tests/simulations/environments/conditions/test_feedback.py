from __future__ import annotations

import numpy as np
import pytest

from simulations.environments.base import Round
from simulations.environments.conditions.feedback import (
    BOTS,
    LONGEST_DELAY,
    MEAN_DELAY,
    MISSED,
    BotShop,
    DelayedShop,
    MissingShop,
)
from simulations.environments.shop import Shop
from simulations.policies.uniform import Uniform
from simulations.running.runner import play

N = 4_000


@pytest.fixture(scope="module")
def with_bots() -> list[Round]:
    return [BotShop(1).round(t) for t in range(N)]


def by_bots(visits: list[Round]) -> list[Round]:
    return [visit for visit in visits if visit.request["user"]["key"].startswith("visitor-")]


def test_a_click_waits_300_rounds_in_the_mean() -> None:
    waits = np.array([DelayedShop(1).round(t).delay for t in range(N)])
    assert waits.mean() == pytest.approx(MEAN_DELAY, abs=4 * waits.std() / N**0.5)
    assert 0 <= waits.min() < waits.max() <= LONGEST_DELAY


def test_who_hears_late_earns_as_before_and_is_told_less_so_far() -> None:
    late, at_once = (play(world, Uniform(1), 1_500) for world in (DelayedShop(1), Shop(1)))
    assert np.array_equal(late.earned, at_once.earned)
    assert late.told.sum() < at_once.told.sum()


@pytest.mark.parametrize("device", MISSED)
def test_clicks_get_lost_by_device(device: str) -> None:
    visits = [visit for visit in map(MissingShop(1).round, range(N)) if visit.request["context"]["device"] == device]
    share = MISSED[device]
    spread = (share * (1 - share) / len(visits)) ** 0.5
    assert np.mean([visit.missed for visit in visits]) == pytest.approx(share, abs=4 * spread)


def test_a_lost_click_is_worth_what_a_heard_one_is() -> None:
    lossy, plain = (play(world, Uniform(1), N) for world in (MissingShop(1), Shop(1)))
    assert np.array_equal(lossy.earned, plain.earned)
    assert lossy.told.sum() < 0.95 * plain.told.sum()


def test_bots_come_as_often_as_they_should(with_bots: list[Round]) -> None:
    assert len(by_bots(with_bots)) / N == pytest.approx(BOTS, abs=4 * (BOTS * (1 - BOTS) / N) ** 0.5)


def test_a_bot_s_click_is_heard_and_worth_nothing(with_bots: list[Round]) -> None:
    bots = by_bots(with_bots)
    assert max(visit.value.max() for visit in bots) == 0.0
    assert max(visit.click_probability.max() for visit in bots) == 0.5


def test_clicks_make_premium_ads_look_best_and_they_are_not(with_bots: list[Round]) -> None:
    def rate(of: str, offer: str) -> float:
        home = [visit for visit in with_bots if visit.request["context"]["page"]["type"] == "home"]
        at = [template.endswith(offer) for template, _ in home[0].candidates]
        return float(np.mean([getattr(visit, of)[at] for visit in home]))

    assert rate("click_probability", "premium") > rate("click_probability", "sale")
    assert rate("value", "premium") < rate("value", "sale")


def test_people_are_those_of_the_plain_shop(with_bots: list[Round]) -> None:
    people = [visit for visit in with_bots[:50] if visit.worth is None]
    assert [visit.request for visit in people] == [Shop(1).round(visit.t).request for visit in people]
