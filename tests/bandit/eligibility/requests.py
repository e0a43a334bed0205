"""Any rules, and any requests that they may hold for; and what a rule says of a request, read word by word."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from hypothesis import strategies as st

from bandit.eligibility.compiled import PASSED, REASONS, Clauses, Compiled
from bandit.eligibility.rules import DAYS, DEEPEST, Hours, Page, Range, Targeting, listed, minutes
from bandit.eligibility.texts import fold, words

TEXTS = ("x", "Zürich", "ZURICH")
NAMES = ("a", "page.depth", "geo.country")
QUERIES = ("", "shoes", "red running shoes", "running, shoes!", "run", "买运动鞋", "运动")
PHRASES = ("shoes", "running shoes", "运动鞋", "Red")

texts = st.sampled_from(TEXTS)
values = texts | st.lists(texts, min_size=2, max_size=3).map(tuple)
numbers = st.sampled_from([-1, 0, 0.5, 1, 1.0])
plains = texts | st.booleans() | numbers
ranges = st.builds(
    lambda ends, kept: Range(**{"at_least": min(ends), "at_most": max(ends)} | dict.fromkeys(kept)),
    st.tuples(numbers, numbers),
    st.sampled_from([(), ("at_least",), ("at_most",)]),
)
tests = st.dictionaries(
    st.sampled_from(NAMES),
    plains | ranges | st.lists(plains, min_size=2, max_size=5).map(tuple),
    min_size=1,
    max_size=2,
)
hours = st.builds(
    lambda ends, days, zone: Hours(from_=ends[0], to=ends[1], days=days, zone=zone),
    st.tuples(st.integers(0, 23), st.integers(0, 24)).filter(lambda ends: ends[0] != ends[1]),
    st.lists(st.sampled_from(DAYS), min_size=1, max_size=7, unique=True).map(tuple),
    st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe"]),
)
fields: dict[str, st.SearchStrategy[Any]] = {
    "audience": tests, "country": values, "region": values, "city": values, "device": values, "hours": hours,
    "page": st.builds(lambda name, some: Page(**{name: some}), st.sampled_from(["type", "id", "labels"]), values),
    "query": st.lists(st.sampled_from(PHRASES), min_size=1, max_size=2).map(tuple), "context": tests,
}  # fmt: skip


@st.composite
def rules(draw: st.DrawFn, depth: int = DEEPEST) -> Targeting:
    names = draw(st.lists(st.sampled_from([*fields, "all", "any", "not_"]), min_size=1, max_size=2, unique=True))
    said: dict[str, Any] = {name: draw(fields[name]) for name in names if name in fields}
    if depth > 1:
        inner = st.lists(rules(depth - 1), min_size=1, max_size=3).map(tuple)
        said |= {name: draw(inner) for name in names if name in ("all", "any")}
        said |= {name: draw(rules(depth - 1)) for name in names if name == "not_"}
    return Targeting(**said or {"device": draw(values)})


features = texts | st.booleans() | numbers | st.lists(texts, max_size=3)
profiles = st.dictionaries(st.sampled_from(NAMES), features, max_size=3)
contexts = st.fixed_dictionaries(
    {"device": features},
    optional={
        "query": st.sampled_from(QUERIES) | st.just(["x", "shoes"]), "a": features,
        "page": st.dictionaries(st.sampled_from(["type", "id", "labels", "depth"]), features, min_size=2) | features,
        "geo": st.dictionaries(st.sampled_from(["country", "region", "city"]), features, min_size=2),
        "geo.country": features, "user": profiles | features,
    },
)  # fmt: skip
times = st.floats(1_774_000_000, 1_794_000_000)  # over half a year, changes of clocks included


def compiled(*rules: Targeting) -> tuple[Compiled, list[int]]:
    """Some rules, and the row of each."""
    clauses = Clauses()
    sets = [(clauses.of(rule), 0) for rule in rules]
    rows = list(dict.fromkeys(sets))
    return Compiled(clauses, rows), [rows.index(some) for some in sets]


def reasons(some: list[Targeting], *request: Any) -> list[str | None]:
    """Why each rule, compiled together, fails a request; None: it does not."""
    table, rows = compiled(*some)
    codes = table.codes(table.settled(table.truth(*request)))
    return [None if codes[row] == PASSED else REASONS[codes[row]] for row in rows]


def first_failing(rule: Targeting, context: Mapping[str, Any], profile: Mapping[str, Any], now: float) -> str | None:
    """The reason a request fails a rule for; None: it does not."""
    return min(_failing(rule, context, profile, now), key=REASONS.index, default=None)


def _failing(rule: Targeting, context: Mapping[str, Any], profile: Mapping[str, Any], now: float) -> Iterator[str]:
    yield from (reason for reason, holds in _clauses(rule, context, profile, now) if not holds)
    for inner in rule.all or ():
        yield from _failing(inner, context, profile, now)
    if rule.any and all(first_failing(inner, context, profile, now) for inner in rule.any):
        yield "targeting.any"
    if rule.not_ and first_failing(rule.not_, context, profile, now) is None:
        yield "targeting.not"


def _clauses(
    rule: Targeting, context: Mapping[str, Any], profile: Mapping[str, Any], now: float
) -> Iterator[tuple[str, bool]]:
    own = context.get("user") if isinstance(context.get("user"), dict) else {}
    for name, test in (rule.audience or {}).items():
        yield "targeting.audience", _fits(profile.get(name, own.get(name)), test)
    for name in ("country", "region", "city"):
        yield "targeting.geography", _named(context, f"geo.{name}", getattr(rule, name))
    yield "targeting.device", _named(context, "device", rule.device)
    yield "targeting.daypart", rule.hours is None or _during(rule.hours, now)
    for name in ("type", "id", "labels"):
        yield "targeting.page", _named(context, f"page.{name}", getattr(rule.page, name, None))
    phrases = listed(rule.query)
    yield "targeting.query", not phrases or any(_says(context.get("query"), phrase) for phrase in phrases)
    for name, test in (rule.context or {}).items():
        yield "targeting.context", _named(context, name, test)


def _named(context: Mapping[str, Any], name: str, test: Any) -> bool:
    outer, _, inner = name.partition(".")
    nested = context.get(outer)
    flat = context.get(name)
    return test is None or _fits(nested.get(inner, flat) if inner and isinstance(nested, dict) else flat, test)


def _fits(value: Any, test: Any) -> bool:
    if isinstance(value, list):
        return any(_fits(text, test) for text in value)
    if isinstance(test, tuple):
        return any(_fits(value, one) for one in test)
    if isinstance(value, bool) or isinstance(test, bool):
        return value is test
    if isinstance(test, Range):
        low, high = test.at_least, test.at_most
        return isinstance(value, int | float) and (low is None or value >= low) and (high is None or value <= high)
    if isinstance(value, str) and isinstance(test, str):
        return fold(value) == fold(test)
    return isinstance(value, int | float) and value == test


def _says(query: Any, phrase: str) -> bool:
    if isinstance(query, list):
        return any(_says(text, phrase) for text in query)
    return isinstance(query, str) and f" {' '.join(words(phrase))} " in f" {' '.join(words(query))} "


def _during(hours: Hours, now: float) -> bool:
    there = datetime.fromtimestamp(now, UTC).astimezone(ZoneInfo(hours.zone))
    begins, ends = minutes(hours.from_), minutes(hours.to)
    ends += 1440 if ends <= begins else 0
    since = there.hour * 60 + there.minute
    today, yesterday = there.strftime("%a").lower(), DAYS[(there.weekday() + 6) % 7]
    return (today in hours.days and begins <= since < ends) or (yesterday in hours.days and since + 1440 < ends)


def rule_of(plain: object) -> Targeting:
    """As it is written down."""
    return msgspec.convert(plain, Targeting)
