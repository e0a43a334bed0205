"""What a campaign may be shown for, as typed rules: data, never text that is run.

A rule is a mapping, and all it says must hold. A list holds where one of its values does.

    device: [mobile, tablet]
    country: DE
    hours: {from: 18, to: 2, days: [fri, sat], zone: Europe/Berlin}
    any:
      - page: {type: category}
      - query: [running shoes]
    not: {audience: {price_level: low}}
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Meta

DEEPEST = 4  # rules within rules
MOST_RULES = 100  # in one targeting, itself included
LARGEST = 1_000_000  # of a number, as in a request

Value = Annotated[str, Meta(min_length=1, max_length=128)]
Values = Value | Annotated[tuple[Value, ...], Meta(min_length=1, max_length=500)]
_WITHIN = Meta(ge=-LARGEST, le=LARGEST)
Phrase = Annotated[str, Meta(max_length=128, pattern=r"[^\W_]", description="words, at least one letter or digit")]
Phrases = Phrase | Annotated[tuple[Phrase, ...], Meta(min_length=1, max_length=500)]
Number = Annotated[int, _WITHIN] | Annotated[float, _WITHIN]
Plain = Value | Number | bool
Name = Annotated[str, Meta(min_length=1, max_length=128)]
Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
DAYS: tuple[Day, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
# A whole hour, or hours and minutes. In YAML the latter needs quotes: bare, 18:30 is the number 1110.
Start = Annotated[int, Meta(ge=0, le=23)] | Annotated[str, Meta(pattern=r"^([01]\d|2[0-3]):[0-5]\d\Z")]
End = Annotated[int, Meta(ge=0, le=24)] | Annotated[str, Meta(pattern=r"^(([01]\d|2[0-3]):[0-5]\d|24:00)\Z")]


class Range(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    """A number that is no smaller than one and no larger than the other; either may be left out."""

    at_least: Number | None = None
    at_most: Number | None = None

    def __post_init__(self) -> None:
        if self.at_least is None and self.at_most is None:
            raise ValueError("a range has `at_least`, `at_most` or both")
        if self.at_least is not None and self.at_most is not None and self.at_least > self.at_most:
            raise ValueError(f"at_least {self.at_least:g} must not be above at_most {self.at_most:g}")


Test = Plain | Annotated[tuple[Plain, ...], Meta(min_length=1, max_length=500)] | Range
Tests = Annotated[dict[Name, Test], Meta(min_length=1, max_length=20)]


class Hours(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, omit_defaults=True, rename={"from_": "from"}
):
    """Part of a day, by the clock of a place: from `from_` up to, not including, `to`.

    Where `to` is not after `from_` it goes on past midnight, and `days` are those on which it begins.
    """

    from_: Start = 0
    to: End = 24
    days: Annotated[tuple[Day, ...], Meta(min_length=1, max_length=7)] = DAYS
    zone: Annotated[str, Meta(max_length=64)] = "UTC"  # IANA name

    def __post_init__(self) -> None:
        if minutes(self.from_) == minutes(self.to):
            raise ValueError(f"from and to are both {self.to}, which is no time at all; the whole day is 0 to 24")
        located(self.zone)


class Page(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    """Of a request's `context.page`; all that is given must hold."""

    type: Values | None = None
    id: Values | None = None
    labels: Values | None = None

    def __post_init__(self) -> None:
        if self.type is None and self.id is None and self.labels is None:
            raise ValueError("a page has `type`, `id` or `labels`")


class Targeting(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, omit_defaults=True, rename={"not_": "not"}
):
    """A rule: each field is a condition, and all must hold. What a request does not tell holds for no condition."""

    audience: Tests | None = None  # features of the user: of the profile, else of `context.user`
    country: Values | None = None  # `context.geo.country`
    region: Values | None = None  # `context.geo.region`
    city: Values | None = None  # `context.geo.city`
    device: Values | None = None  # `context.device`
    hours: Hours | None = None
    page: Page | None = None
    query: Phrases | None = None  # words or phrases in `context.query`
    context: Tests | None = None  # any feature of the request, by name: `page.depth`
    all: Annotated[tuple[Targeting, ...], Meta(min_length=1, max_length=50)] | None = None
    any: Annotated[tuple[Targeting, ...], Meta(min_length=1, max_length=50)] | None = None
    not_: Targeting | None = None

    def __post_init__(self) -> None:
        if all(getattr(self, name) is None for name in self.__struct_fields__):
            raise ValueError("a rule says something; leave it out to reach everybody")
        if _depth(self) > DEEPEST:
            raise ValueError(f"rules stand at most {DEEPEST} deep in each other")
        if _size(self) > MOST_RULES:
            raise ValueError(f"a rule consists of at most {MOST_RULES} rules")


def listed(values: Values | None) -> tuple[str, ...]:
    """One or several values, as several.

    >>> listed("DE"), listed(None)
    (('DE',), ())
    """
    return () if values is None else (values,) if isinstance(values, str) else values


def minutes(hour: Start | End) -> int:
    """Minutes since midnight.

    >>> minutes(2), minutes("18:30")
    (120, 1110)
    """
    if isinstance(hour, int):
        return 60 * hour
    return 60 * int(hour[:2]) + int(hour[3:])


@lru_cache(maxsize=1_024)
def located(zone: str) -> ZoneInfo:
    """The time zone of that name. Raises ValueError if there is none."""
    try:
        return ZoneInfo(zone)
    except (ValueError, KeyError, OSError):  # no such name; no name at all; a folder of names
        raise ValueError(f"zone: {zone!r} is not a time zone; wanted is a name like Europe/Berlin") from None


def _inner(rule: Targeting) -> Iterator[Targeting]:
    yield from rule.all or ()
    yield from rule.any or ()
    if rule.not_ is not None:
        yield rule.not_


def _depth(rule: Targeting) -> int:
    return 1 + max(map(_depth, _inner(rule)), default=0)


def _size(rule: Targeting) -> int:
    return 1 + sum(map(_size, _inner(rule)))
