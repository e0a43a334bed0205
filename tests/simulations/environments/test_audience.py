from __future__ import annotations

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bandit.products.checks import checked
from bandit.products.product import Product
from simulations.environments import audience_catalog as shop
from simulations.environments.audience import Audience, weariness
from simulations.environments.base import History

WORLD = Audience(3)
ROUNDS = st.integers(0, 20_000)


@given(t=ROUNDS, which=st.integers(0, 1_000), seen=st.tuples(st.integers(0, 40), st.integers(1, 40)))
@settings(max_examples=80, deadline=None)
def test_the_oftener_an_ad_was_seen_the_less_it_is_clicked(t: int, which: int, seen: tuple[int, int]) -> None:
    ads = shop.shown_on(WORLD.view(t).page)
    ad, place = ads[which % len(ads)]
    fewer, more = (WORLD.chance(t, ad, place, None, times) for times in (seen[0], sum(seen)))
    assert 0.0 <= more < fewer <= 1.0


@given(lately=st.integers(0, 30), before=st.integers(0, 30), more=st.integers(1, 9))
def test_an_ad_recovers_and_a_further_look_wears_it(lately: int, before: int, more: int) -> None:
    assert weariness(lately, lately + before + more) > weariness(lately, lately + before)
    assert weariness(lately, lately + before + more) < weariness(lately + more, lately + before + more)


@given(t=ROUNDS, products=st.tuples(st.integers(0, 95), st.integers(0, 95)))
@settings(max_examples=80, deadline=None)
def test_of_two_products_the_one_she_likes_better_is_clicked_more(t: int, products: tuple[int, int]) -> None:
    view, mix = WORLD.view(t), next(ad for ad in shop.ads() if ad.kind == "mix")
    sought = [view.sought in (None, shop.goods()[one].category) for one in products]
    fit = WORLD.person(view.user).fit
    less, most = sorted(products, key=lambda one: fit[one])
    chances = [WORLD.chance(t, mix, "rail", one, 0.0) for one in (less, most)]
    assert chances[0] <= chances[1] or sought[0] != sought[1]


@given(t=ROUNDS)
@settings(max_examples=60, deadline=None)
def test_nothing_that_a_shopper_may_be_shown_is_clicked_more_than_the_best_choice(t: int) -> None:
    visit = WORLD.round(t)
    best, even = WORLD.choices(visit, {})
    liked = int(np.argmax(WORLD.person(WORLD.view(t).user).fit))
    shown = [WORLD.chance(t, ad, place, liked if ad.kind == "mix" else None, 0.0)
             for ad, place in shop.shown_on(WORLD.view(t).page)]  # fmt: skip
    assert max(shown) <= best
    assert even == pytest.approx(visit.uniform)


def test_what_a_shopper_does_is_the_same_whatever_was_asked_before() -> None:
    straight, back = Audience(5), Audience(5)
    later = [back.deeds(t) for t in (900, 40, 3)]
    assert [straight.deeds(t) for t in (3, 40, 900)] == later[::-1]


def test_a_request_tells_nothing_of_taste() -> None:
    told = {name for t in range(500) for name in WORLD.round(t).request["context"]}
    assert told == {"device", "hour", "page", "query"}


def test_an_even_draw_is_clicked_three_times_in_a_hundred() -> None:
    rates = [Audience(seed).round(t).uniform for seed in range(4) for t in range(0, 6_000, 6)]
    assert np.mean(rates) == pytest.approx(0.03, abs=0.0015)


def test_the_clock_never_steps_back_and_new_shoppers_come() -> None:
    times = [WORLD.time(t) for t in range(2_000)]
    assert times == sorted(times)
    assert max(WORLD.view(t).user for t in range(12_000, 14_000)) > max(WORLD.view(t).user for t in range(100))


def test_a_worn_round_is_the_round_with_less_of_what_was_seen() -> None:
    history, visit = History(), WORLD.round(0)
    history.add(visit, 0, clicked=False)
    worn = WORLD.worn(WORLD.round(0), history)
    seen = np.array([template == visit.candidates[0][0] for template, _ in visit.candidates])
    assert np.all((worn.click_probability < visit.click_probability) == seen)


def test_every_product_of_the_feed_is_one_that_a_service_takes() -> None:
    rows = [checked(msgspec.convert(row, Product)) for row in WORLD.products()]
    assert len({row.id for row in rows}) == 96
