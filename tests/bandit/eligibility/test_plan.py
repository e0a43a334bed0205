"""Everything that keeps candidates from a request, together."""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np

from bandit.catalog import Catalog, checked
from bandit.eligibility.limits import NONE, Limits
from bandit.eligibility.plan import Plan
from bandit.eligibility.priorities import best
from bandit.profiles.exposures import EXPOSURE, NOTHING, Exposures, named
from bandit.shelf import Shelf, lay_out
from bandit.stand import from_shelf

NOW_S = 1_800_000_000.0
SHOP: dict[str, Any] = {
    "policies": [{"id": "home"}],
    "placements": [
        {"id": "hero", "refuses": ["Alcohol"], "caps": [{"impressions": 2, "hours": 24}]},
        {"id": "results", "kind": "search"},
    ],
    "campaigns": [
        {"id": "wine", "keywords": ["red wine"], "targeting": {"country": "DE"}, "avoids": ["family"]},
        {
            "id": "shoes",
            "keywords": ["shoes"],
            "caps": [{"impressions": 1, "hours": 1}],
            "targeting": {"country": "DE"},
        },
    ],
    "templates": [
        {"id": "bottle", "campaign": "wine", "labels": ["alcohol"]},
        {"id": "boot", "campaign": "shoes", "caps": [{"impressions": 1, "hours": 2}]},
        {"id": "own"},
    ],
}
GERMAN = {"geo": {"country": "DE"}, "query": "wine red wine shoes"}


def shelf_of(**changed: object) -> Shelf:
    catalog = checked(msgspec.convert(SHOP | changed, Catalog))
    return lay_out(catalog, catalog.policies[0])


def limits(
    context: dict[str, Any], exposures: Exposures = NOTHING, spent: list[bool] | None = None, **changed: object
) -> Limits:
    gone = None if spent is None else np.array(spent)
    return Plan(shelf_of(**changed)).limits(context, {}, exposures, gone, NOW_S)


def seen(*hours_ago: float) -> Exposures:
    ids = named("boot"), named("shoes"), named("hero")
    return np.array([(NOW_S - 3600 * ago, i, *ids) for i, ago in enumerate(hours_ago)], EXPOSURE)


def plain(found: Limits) -> dict[str, list[bool]]:
    return {reason: flags.tolist() for reason, flags in (*found.templates.items(), *found.placements.items())}


def test_each_rule_keeps_its_campaign_s_templates_out() -> None:
    assert plain(limits(GERMAN)) == {}
    assert plain(limits(GERMAN | {"geo": {"country": "FR"}})) == {"targeting.geography": [True, True, False]}
    for labels in (["news", "Family"], "FAMILY"):
        assert plain(limits(GERMAN | {"page": {"labels": labels}})) == {"brand_safety": [True, False, False]}


def test_only_search_placements_ask_for_keywords() -> None:
    (flags, placements) = limits(GERMAN).pairs["query"]
    assert (flags.tolist(), placements.tolist()) == ([False, False, True], [False, True])
    assert limits({"geo": {"country": "DE"}}).pairs["query"][0].all()


def test_a_placement_never_shows_what_it_refuses() -> None:
    shelf = shelf_of()
    pairs = {
        (shelf.templates[t].id, shelf.placements[p].id) for t, p in zip(shelf.template, shelf.placement, strict=True)
    }
    assert {template for template, placement in pairs if placement == "hero"} == {"boot", "own"}


def test_caps_are_told_apart_by_what_they_stand_at() -> None:
    assert plain(limits(GERMAN, seen(1.5, 0.5))) == {
        "frequency_cap": [False, True, False],
        "campaign_cap": [False, True, False],
        "placement_cap": [True, False],
    }
    assert plain(limits(GERMAN, seen(1.5))) == {"frequency_cap": [False, True, False]}


def test_a_request_s_candidates_are_counted_under_the_first_reason_of_each() -> None:
    left = from_shelf(shelf := shelf_of(), NOW_S, None, None, limits(GERMAN, seen(1.5, 0.5)))
    assert left.excluded == {"frequency_cap": 2, "query": 1, "placement_cap": 1}
    assert [shelf.templates[row].id for row in shelf.template[left.positions]] == ["bottle"]


def test_a_campaign_without_money_is_kept_out_last() -> None:
    found = limits({"query": "shoes"}, seen(0.5), spent=[False, True])
    assert list(found.templates) == ["targeting.geography", "frequency_cap", "campaign_cap", "budget"]
    assert found.templates["budget"].tolist() == [False, True, False]


def test_a_catalog_without_rules_limits_nothing() -> None:
    bare = {
        "campaigns": [{"id": "wine"}, {"id": "shoes"}],
        "placements": [{"id": "hero"}],
        "templates": [{"id": "own"}],
    }
    plan = Plan(shelf_of(**bare))
    assert plan.limits(GERMAN, {}, seen(0.1), np.zeros(2, np.bool_), NOW_S) is NONE
    assert not plan.rules
    assert not plan.needs_state


def test_state_is_needed_for_caps_and_for_audiences() -> None:
    capless = [{"id": "hero"}], [{"id": "own", "campaign": "c"}]
    campaigns = [[{"id": "c", "targeting": rule}] for rule in ({"device": "tv"}, {"not": {"audience": {"~new": True}}})]
    plans = [Plan(shelf_of(placements=capless[0], templates=capless[1], campaigns=some)) for some in campaigns]
    assert [plan.needs_state for plan in plans] == [False, True]
    assert Plan(shelf_of()).needs_state


def test_requests_that_are_alike_share_their_limits() -> None:
    plan = Plan(shelf_of())
    one, other, third = (
        plan.limits({"geo": {"country": country}, "query": query}, {}, NOTHING, None, NOW_S)
        for country, query in (("FR", "red wine"), ("AT", "Red wine!"), ("DE", ""))
    )
    assert one is other
    assert one.key == other.key != third.key


def test_only_the_highest_priority_that_is_left_competes() -> None:
    ranked = [{"id": "wine", "priority": 9}, {"id": "shoes", "priority": 0}]
    priority = limits(GERMAN, campaigns=ranked).priority
    assert priority is not None
    assert priority.tolist() == [9, 0, 5]
    assert best(priority[1:]).tolist() == [False, True]
    assert best(priority[:0]).tolist() == []


def test_levels_are_handed_on() -> None:
    tired = np.array([0, 1, 2], np.uint8)
    assert Plan(shelf_of()).limits(GERMAN, {}, NOTHING, None, NOW_S, tired).levels is tired


def test_an_empty_shelf_limits_nothing() -> None:
    bare = {"placements": [], "templates": []}
    assert limits(GERMAN, seen(0.1), [True, True], **bare) is NONE


def test_what_no_product_fills_is_kept_out_and_said_so() -> None:
    unfit = np.array([False, True, False])
    found = Plan(shelf_of()).limits(GERMAN, {}, NOTHING, None, NOW_S, unfit=unfit)
    assert plain(found) == {"no_product": [False, True, False]}
