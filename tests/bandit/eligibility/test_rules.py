"""Rules are refused where they would never be right, naming the place; others mean the same however they are stored."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given

from bandit.catalog import Campaign, Catalog
from bandit.eligibility.rules import Targeting
from tests.bandit.eligibility.requests import rules
from tests.entries import laws

WRONG = [
    ("{all: [{hours: {from: 25}}]}", ".all[0].hours.from", "<= 23"),
    ("{hours: {from: 18:30}}", ".hours.from", "<= 23"),  # YAML's own idea of what that is
    ("{hours: {from: '18:60'}}", ".hours.from", "regex"),
    ("{hours: {from: 8, to: 8}}", ".hours", "no time at all"),
    ("{hours: {zone: Mars/Olympus}}", ".hours", "'Mars/Olympus' is not a time zone"),
    ("{hours: {zone: ../../etc/passwd}}", ".hours", "not a time zone"),
    ("{hours: {zone: Europe}}", ".hours", "not a time zone"),
    ("{hours: {zone: ''}}", ".hours", "not a time zone"),
    ("{hours: {days: [funday]}}", ".hours.days[0]", "funday"),
    ("{device: []}", ".device", ">= 1"),
    ("{device: ['']}", ".device[0]", ">= 1"),
    ("{country: NO}", ".country", "got `bool`"),  # Norway needs quotes
    ("{}", "", "says something"),
    ("{any: []}", ".any", ">= 1"),
    ("{page: {}}", ".page", "has `type`"),
    ("{query: ['?!_']}", ".query[0]", "regex"),
    ("{devise: mobile}", "", "unknown field `devise`"),
    ("{audience: {}}", ".audience", ">= 1"),
    ("{audience: {spent: {at_least: 2, at_most: 1}}}", ".audience[...]", "must not be above"),
    ("{audience: {spent: {at_least: 1.0e+308}}}", ".audience[...].at_least", "<= 1000000"),
    ("{audience: {spent: .nan}}", ".audience[...]", "got `null`"),
    ("{not: {not: {not: {not: {device: tv}}}}}", "", "4 deep"),
    (f"{{any: [{', '.join(['{all: [{device: a}, {device: b}, {device: c}]}'] * 26)}]}}", "", "100 rules"),
    (f"{{device: [{', '.join(['x'] * 501)}]}}", ".device", "<= 500"),
]


def decoded(targeting: str) -> Catalog:
    plain = msgspec.yaml.decode(f"campaigns: [{{id: a}}, {{id: b, targeting: {targeting}}}]")
    return msgspec.json.decode(msgspec.json.encode(plain), type=Catalog)


@pytest.mark.parametrize(("targeting", "place", "said"), WRONG)
def test_what_can_never_be_right_is_refused_with_its_place(targeting, place, said) -> None:
    with pytest.raises(msgspec.ValidationError) as refused:
        decoded(targeting)
    detail, _, path = str(refused.value).partition(" - at `")
    assert path == f"$.campaigns[1].targeting{place}`"
    assert said in detail


def test_rules_that_hold_themselves_end_in_an_error() -> None:
    with pytest.raises(RecursionError):
        decoded("&rule {all: [*rule]}")


@laws(60)
@given(rules())
def test_rules_come_back_from_json_as_they_were(rule: Targeting) -> None:
    stored = msgspec.json.encode(Campaign(id="a", targeting=rule))
    assert msgspec.json.decode(stored, type=Campaign).targeting == rule
