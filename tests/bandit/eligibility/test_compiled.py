"""Compiled rules say what the rules say, whichever others they are compiled with."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bandit.eligibility.rules import Targeting
from tests.bandit.eligibility.requests import (
    compiled,
    contexts,
    first_failing,
    profiles,
    reasons,
    rule_of,
    rules,
    times,
)
from tests.entries import laws

MONDAY_S = 1_800_000_000.0 - 4 * 86_400  # 2027-01-11, 08:00 UTC


def reason(plain: object, context: dict[str, Any], profile: dict[str, Any] | None = None) -> str | None:
    return reasons([rule_of(plain)], context, profile or {}, MONDAY_S)[0]


@laws(200)
@given(st.lists(rules(), min_size=1, max_size=6), contexts, profiles, times)
def test_many_rules_in_one_table_say_what_each_says_alone(some, context, profile, now) -> None:
    assert reasons(some, context, profile, now) == [first_failing(rule, context, profile, now) for rule in some]


@laws(100)
@given(rules(depth=2), contexts, profiles, times)
def test_not_not_is_the_rule_and_not_is_its_opposite(rule, context, profile, now) -> None:
    opposite = Targeting(not_=rule)
    found, none, both = reasons([rule, opposite, Targeting(not_=opposite)], context, profile, now)
    assert (found is None) == (both is None) != (none is None)


def test_rules_that_say_the_same_are_one_row() -> None:
    same = [
        {"device": ["mobile", "tablet"]},
        {"device": ["TABLET", "Mobile"]},
        {"all": [{"device": ["mobile", "tablet"]}]},
    ]
    assert compiled(*map(rule_of, same))[1] == [0, 0, 0]


@pytest.mark.parametrize(
    ("rule", "context", "wanted"),
    [
        ({"device": "mobile"}, {"device": "Mobile"}, None),
        ({"device": "mobile"}, {}, "targeting.device"),
        ({"country": ["DE", "AT"]}, {"geo": {"country": "FR"}}, "targeting.geography"),
        ({"city": "Zürich"}, {"geo": {"city": "ZURICH"}}, None),
        ({"hours": {"days": ["mon"], "from": 9, "zone": "Europe/Berlin"}}, {}, None),
        ({"hours": {"days": ["mon"], "from": 9}}, {}, "targeting.daypart"),
        (
            {"page": {"type": "category", "labels": "sale"}},
            {"page": {"type": "category", "labels": ["new", "sale"]}},
            None,
        ),
        ({"page": {"type": "category", "labels": "sale"}}, {"page": {"type": "category"}}, "targeting.page"),
        ({"query": "running shoes"}, {"query": "Cheap running-shoes, size 42"}, None),
        ({"query": "running shoes"}, {"query": "shoes for running"}, "targeting.query"),
        ({"context": {"page.depth": {"at_least": 2}}}, {"page": {"depth": 2}}, None),
        ({"context": {"page.depth": {"at_least": 2}}}, {"page.depth": 1.5}, "targeting.context"),
        ({"context": {"signed_in": True}}, {"signed_in": 1}, "targeting.context"),
        ({"any": [{"device": "tv"}, {"country": "DE"}]}, {"device": "mobile"}, "targeting.any"),
        ({"not": {"device": "tv"}}, {"device": "tv"}, "targeting.not"),
        ({"not": {"device": "tv"}}, {}, None),
        ({"device": "tv", "country": "DE"}, {}, "targeting.geography"),
    ],
)
def test_a_clause_fails_under_its_own_reason(rule, context, wanted) -> None:
    assert reason(rule, context) == wanted


def test_what_the_profile_does_not_know_is_looked_for_in_the_request() -> None:
    vip = {"audience": {"~likes": "shoes", "tier": ["gold", "silver"]}}
    assert reason(vip, {"user": {"tier": "gold"}}, {"~likes": ["coats", "shoes"]}) is None
    assert reason(vip, {"user": {"tier": "gold"}}) == "targeting.audience"


@pytest.mark.parametrize("odd", [float("nan"), float("inf"), None, 10**400, "\ud800", "x" * 100_000, {"a": {}}, [[1]]])
def test_an_odd_value_is_just_no_match(odd) -> None:
    rule = {"any": [{"context": {"a": {"at_most": 5}}}, {"device": "x"}, {"query": "y"}, {"page": {"id": "z"}}]}
    assert reason(rule, {"a": odd, "device": odd, "query": odd, "page": odd}) == "targeting.any"
