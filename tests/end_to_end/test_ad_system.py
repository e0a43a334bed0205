"""What a shop has of all of it together: a user looks around, and the next ad knows, within rules, caps and budgets."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from typing import Any

import pytest

from bandit.archive.files import read_outcomes
from bandit.profiles.fatigue import LEVELS
from tests.running import Json, Running, eventually

MONEY = {"currency": "EUR"}
CATALOG: Json = {
    "policies": [
        {"id": "home", "horizon_s": 1, "profiles": True, "fatigue": True, "placements": ["hero", "rail"]},
        {"id": "search", "horizon_s": 1, "placements": ["results"]},
    ],
    "placements": [{"id": "hero"}, {"id": "rail", "format": "carousel"}, {"id": "results", "kind": "search"}],
    "campaigns": [
        {"id": "shoes", "keywords": ["running shoes"], "rivals": ["footwear"]},
        {"id": "boots", "rivals": ["footwear"], "targeting": {"audience": {"~likes": ["boots"]}}},
        {
            "id": "paid",
            "price": {"per": "mille", "amount": {"value": 1000, **MONEY}},
            "budget": {"daily": {"value": 3, **MONEY}, "pacing": "none"},
        },
        {
            "id": "rich",
            "price": {"per": "click", "amount": {"value": 0.1, **MONEY}},
            "budget": {"daily": {"value": 1000, **MONEY}},
        },
    ],
    "templates": [
        {"id": "own", "campaign": "shoes", "creative": {"title": "Run"}, "grammar": {"headlines": ["Run", "Fly"]}},
        {"id": "matched", "filling": {"slots": ["title", "price"]}, "creative": {"link": "https://shop.example/"}},
        {"id": "unfit", "filling": {"slots": ["title"], "categories": ["hats"]}},
        {"id": "liked", "campaign": "boots"},
        {"id": "sold", "campaign": "paid"},
        {"id": "plenty", "campaign": "rich"},
        {"id": "rare", "caps": [{"impressions": 2, "hours": 1}]},
    ],
}


def product(name: str, category: str) -> Json:
    price = {"value": 49.9, **MONEY}
    return {
        "id": name,
        "title": f"<b>{name}</b>",
        "link": "https://shop.example/p",
        "price": price,
        "category": category,
    }


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    running = Running(tmp_path_factory.mktemp("ads") / "data", CATALOG, ADBANDIT_MATCH_S="1", ADBANDIT_ARCHIVE_S="0.5")
    for name, category in (("boot", "boots"), ("lace", "boots"), ("pan", "kitchen")):
        assert running.call("PUT", f"/v1/products/{name}", product(name, category))[0] == 200
    yield running
    running.stop()


def told(shop: Running, *activities: Json) -> None:
    status, answer = shop.call("POST", "/v1/activity", {"activities": list(activities)})
    assert (status, answer["rejected"]) == (202, [])


def view(name: str, user: str, what: str, category: str) -> Json:
    return {"id": name, "type": "view", "user": {"key": user}, "product": what, "category": category}


def excluded(shop: Running, template: str, **request: Any) -> Json:
    """Why a template may not be shown; nothing if it may."""
    answer = shop.decide(policy="home", templates=[template], options={"dry_run": True}, **request)
    return {} if answer["ads"] else answer["no_fill"]["excluded"]


def test_what_a_user_looked_at_opens_what_is_meant_for_such_users(shop: Running) -> None:
    assert excluded(shop, "liked", user={"key": "anna"}) == {"targeting.audience": 2}
    told(shop, view("v1", "anna", "boot", "boots"))
    eventually(lambda: not excluded(shop, "liked", user={"key": "anna"}), 5.0)


def test_an_ad_is_filled_with_what_matches_and_its_texts_stay_texts(shop: Running) -> None:
    told(shop, view("v2", "bert", "lace", "boots"))
    ask = {"policy": "home", "templates": ["matched"], "placements": ["hero"], "user": {"key": "bert"}}
    ad = eventually(lambda: [ad for ad in shop.decide(**ask)["ads"] if ad["product"] == "lace"], 10.0)[0]
    assert (ad["creative"]["title"], ad["creative"]["price"]) == ("<b>lace</b>", "€49.90")
    assert "<b>lace" not in ad["creative"]["html"]


def test_what_no_product_fills_is_not_shown(shop: Running) -> None:
    eventually(lambda: excluded(shop, "unfit") == {"no_product": 2}, 5.0)


def test_a_search_placement_shows_what_was_searched_for(shop: Running) -> None:
    def shown(query: str) -> list[str]:
        return [ad["template"] for ad in shop.decide(policy="search", context={"query": query})["ads"]]

    assert (shown("cheap Running SHOES"), shown("shoes")) == (["own"], [])


def test_rivals_never_share_a_page_and_a_template_shows_one_variant(shop: Running) -> None:
    told(shop, view("v3", "carl", "boot", "boots"))
    eventually(lambda: not excluded(shop, "liked", user={"key": "carl"}), 5.0)
    for _ in range(20):
        page = shop.decide(policy="home", user={"key": "carl"}, count=2, templates=["own", "liked"])["ads"]
        assert len(page) == 1


def test_a_campaign_spends_its_budget_and_no_more(shop: Running) -> None:
    ask = {"policy": "home", "templates": ["sold"], "placements": ["hero"]}

    def bought() -> bool:
        for ad in shop.decide(**ask)["ads"]:
            shop.call("GET", ad["tracking"]["impression_url"])
        return pacing()["spent_today"] == {"value": 3.0, **MONEY}

    def pacing() -> Json:
        return shop.call("GET", "/v1/campaigns/paid/pacing")[1]

    eventually(bought, 20.0)
    assert [shop.decide(**ask)["ads"] for _ in range(5)] == [[]] * 5
    assert excluded(shop, "sold") == {"budget": 2}
    assert pacing()["spent_today"]["value"] == 3.0


def test_the_record_holds_all_that_was_decided_with(shop: Running) -> None:
    told(shop, view("v4", "dora", "boot", "boots"))
    eventually(lambda: not excluded(shop, "liked", user={"key": "dora"}), 5.0)
    ask = {"policy": "home", "templates": ["matched", "unfit"], "placements": ["hero"], "user": {"key": "dora"}}
    for _ in range(3):
        for ad in shop.decide(**ask)["ads"]:
            shop.call("GET", ad["tracking"]["impression_url"])
    rows = eventually(lambda: logged(shop), 15.0)
    last = rows[-1]
    assert ("boots" in last["context"], last["barred"] is not None, len(last["products"])) == (True, True, 1)
    levels = {position % len(LEVELS) for row in rows for position in row["candidates"]}
    assert len(levels) > 1  # the ads that were seen are told apart from those that were not


def logged(shop: Running) -> list[Json]:
    found = read_outcomes(shop.data / "archive", "home")
    rows = [row for row in found.iter_rows(named=True) if '"~like":"boots"' in row["context"] and row["products"]]
    return rows if len(rows) >= 3 else []


def test_while_redis_is_silent_decisions_go_on_caps_hold_and_nothing_unbudgeted_is_spent(shop: Running) -> None:
    valkey = shop.children()["valkey"]
    os.kill(valkey, signal.SIGSTOP)
    try:
        shown = [len(shop.decide(policy="home", templates=["rare"], user={"key": "emil"})["ads"]) for _ in range(5)]
        assert shown == [1, 1, 0, 0, 0]
        eventually(lambda: excluded(shop, "plenty") == {"budget": 2}, 10.0)
    finally:
        os.kill(valkey, signal.SIGCONT)
    eventually(lambda: excluded(shop, "plenty") == {}, 10.0)
