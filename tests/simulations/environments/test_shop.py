from __future__ import annotations

from collections import defaultdict

import msgspec
import numpy as np
import pytest

from bandit.catalog import Catalog, checked
from bandit.config import Policy
from bandit.shelf import eligible, lay_out
from simulations.environments.base import Round
from simulations.environments.shop import Shop


@pytest.fixture(scope="module")
def rounds() -> list[Round]:
    return [Shop(5).round(t) for t in range(4_000)]


def test_a_round_is_a_function_of_seed_and_t(rounds: list[Round]) -> None:
    again = Shop(5)
    for t in (3_999, 0, 17):
        assert again.round(t).request == rounds[t].request
        assert np.array_equal(again.round(t).draws, rounds[t].draws)


def test_two_seeds_meet_different_shoppers(rounds: list[Round]) -> None:
    assert [Shop(6).round(t).request for t in range(20)] != [one.request for one in rounds[:20]]


def test_a_shopper_is_the_same_at_every_visit(rounds: list[Round]) -> None:
    ages = defaultdict(set)
    for one in rounds:
        ages[one.request["user"]["key"]].add(one.request["context"]["user"]["age"])
    assert {len(found) for found in ages.values()} == {1}


def test_an_even_draw_is_clicked_about_three_times_in_a_hundred(rounds: list[Round]) -> None:
    assert np.mean([one.uniform for one in rounds]) == pytest.approx(0.03, abs=0.002)


def test_clicks_come_as_often_as_their_probability_says(rounds: list[Round]) -> None:
    shown = [one.candidates[one.t % len(one.candidates)] for one in rounds]
    clicks = sum(one.outcome(*pair).click for one, pair in zip(rounds, shown, strict=True))
    expected = sum(one.click_probability[one.t % len(one.candidates)] for one in rounds)
    assert abs(clicks - expected) < 4 * np.sqrt(expected)


def test_no_fixed_choice_for_each_page_comes_near_the_oracle(rounds: list[Round]) -> None:
    pages = defaultdict(list)
    for one in rounds:
        pages[one.request["context"]["page"]["type"]].append(one.click_probability)
    fixed = sum(np.sum(found, axis=0).max() for found in pages.values())
    assert fixed < 0.7 * sum(one.oracle for one in rounds)


def test_position_matters_most_on_a_phone(rounds: list[Round]) -> None:
    home = [one for one in rounds if one.request["context"]["page"]["type"] == "home"]

    def hero_over_rail(device: str) -> float:
        one = next(one for one in home if one.request["context"]["device"] == device)
        hero, rail = (one.candidates.index(("garden-sale", place)) for place in ("hero", "rail"))
        return float(one.click_probability[hero] / one.click_probability[rail])

    assert hero_over_rail("mobile") > 2 * hero_over_rail("desktop")


def test_some_clicks_end_in_a_purchase(rounds: list[Round]) -> None:
    verdicts = [one.outcome(*one.candidates[0]) for one in rounds]
    bought = [verdict.purchase_value for verdict in verdicts if verdict.purchase_value is not None]
    assert 0 < len(bought) < 0.5 * sum(verdict.click for verdict in verdicts)
    assert min(bought) > 0


def test_the_catalog_is_one_the_engine_takes_with_the_same_candidates(rounds: list[Round]) -> None:
    catalog = checked(msgspec.convert(Shop(5).catalog(), Catalog))
    policy: Policy = catalog.policies[0]
    shelf = lay_out(catalog, policy)
    for one in rounds[:50]:
        positions, excluded = eligible(shelf, 0.0, None, one.request["placements"])
        pairs = {(shelf.templates[shelf.template[i]].id, shelf.placements[shelf.placement[i]].id) for i in positions}
        assert (pairs, excluded) == (set(one.candidates), {})


def test_four_placements_and_twelve_templates_are_shown(rounds: list[Round]) -> None:
    pairs = {pair for one in rounds for pair in one.candidates}
    assert (len({template for template, _ in pairs}), len({place for _, place in pairs})) == (12, 4)
