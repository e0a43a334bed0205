"""What one activity says of its user is a small profile, and profiles add up.

Adding is commutative and associative, up to rounding and to what falls off a full list.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Iterable
from typing import TypeVar

from bandit.profiles.activity import Activity, Kind
from bandit.profiles.profile import (
    BOUGHT,
    BRANDS,
    CART,
    CATEGORIES,
    DAY_PARTS,
    DAY_S,
    FADES_S,
    INTENTS,
    LATELY_S,
    NAME_BYTES,
    NEVER,
    ORDERS,
    PAUSE_S,
    SLOW_S,
    TOKENS,
    VIEWED,
    VISITS,
    Profile,
    Scores,
)

# What an activity says of interest, in views. A cart is some ten times rarer than a view and a purchase some thirty
# times; they weigh less than that, or one purchase would hide for months what is looked at now.
WEIGHTS: dict[Kind, float] = {"view": 1.0, "search": 1.0, "add_to_cart": 4.0, "purchase": 8.0}
DWELL_S = 60.0  # as long on a page is worth another view,
MOST_DWELL_S = 180.0  # up to this: longer ones mostly left the page open
REVIEW = 4.0  # times the sentiment: who is disappointed wants less of it
REVIEWED = 1.0  # where the sentiment is not known
FAINT = 1e-3  # views; a score nearer to 0 is forgotten

Named = TypeVar("Named", str, int)


def told_by(entry: Activity) -> Profile:
    """What one activity says of its user."""
    when = int(min(entry.occurred, entry.time))  # a sender's clock may be ahead
    weight = _weight(entry)
    interest = {_named(entry.category): weight} if entry.category and abs(weight) >= FAINT else {}
    brand = {_named(entry.brand): weight} if entry.brand and abs(weight) >= FAINT else {}
    priced = max(weight, 0.0) if entry.price > 0.0 else 0.0
    product = {entry.product: when} if entry.product else {}
    bought = entry.kind == "purchase"
    return Profile(
        since=when,
        last=when,
        counts={entry.kind: 1},
        categories=interest,
        brands=brand,
        intents=interest,
        prices=(priced * math.log(entry.price), priced) if priced else (0.0, 0.0),
        spent=max(entry.price, 0.0) * max(entry.quantity, 1) if bought else 0.0,
        mood=(entry.sentiment, 1.0) if entry.kind == "review" and entry.sentiment is not None else (0.0, 0.0),
        channels={entry.channel: 1.0},
        day_parts=_EACH_PART[_day_part(when)],
        visits=((when, when),),
        viewed=product if entry.kind == "view" else {},
        cart=product if entry.kind == "add_to_cart" else {},
        bought=product if bought else {},
        orders={number(entry.id): when} if bought else {},
        asked=(when, entry.tokens[:TOKENS]) if entry.kind == "search" else NEVER,
        said=(when, entry.tokens[:TOKENS]) if entry.kind == "review" else NEVER,
    )


def added(one: Profile, other: Profile) -> Profile:
    """What both profiles say together."""
    if not one.last or not other.last:
        return one if one.last else other
    last = max(one.last, other.last)
    age, other_age = last - one.last, last - other.last
    fades, other_fades = 0.5 ** (age / FADES_S), 0.5 ** (other_age / FADES_S)
    slow, other_slow = 0.5 ** (age / SLOW_S), 0.5 ** (other_age / SLOW_S)
    lately, other_lately = 0.5 ** (age / LATELY_S), 0.5 ** (other_age / LATELY_S)
    visits = _visits((*one.visits, *other.visits))
    return Profile(
        since=min(one.since, other.since),
        last=last,
        counts={kind: one.counts.get(kind, 0) + other.counts.get(kind, 0) for kind in {**one.counts, **other.counts}},
        categories=_scores(one.categories, fades, other.categories, other_fades, CATEGORIES),
        brands=_scores(one.brands, fades, other.brands, other_fades, BRANDS),
        intents=_scores(one.intents, lately, other.intents, other_lately, INTENTS),
        prices=_pair(one.prices, slow, other.prices, other_slow),
        spent=one.spent * slow + other.spent * other_slow,
        mood=_pair(one.mood, slow, other.mood, other_slow),
        channels=_scores(one.channels, slow, other.channels, other_slow, len(one.channels) + len(other.channels)),
        day_parts=tuple([a * slow + b * other_slow for a, b in zip(one.day_parts, other.day_parts, strict=True)]),
        visits=visits[:VISITS],
        earlier=one.earlier + other.earlier + max(0, len(visits) - VISITS),
        viewed=_latest(one.viewed, other.viewed, VIEWED),
        cart=_latest(one.cart, other.cart, CART),
        bought=_latest(one.bought, other.bought, BOUGHT),
        orders=_latest(one.orders, other.orders, ORDERS),
        asked=max(one.asked, other.asked),
        said=max(one.said, other.said),
    )


def number(identifier: str) -> int:
    """What is kept of the id of a purchase."""
    return zlib.crc32(identifier.encode(errors="replace"))


def _weight(entry: Activity) -> float:
    if entry.kind == "dwell":
        return min(entry.dwell_s, MOST_DWELL_S) / DWELL_S
    if entry.kind == "review":
        return REVIEWED if entry.sentiment is None else REVIEW * entry.sentiment
    return WEIGHTS[entry.kind]


def _named(text: str) -> str:
    """As much of a name as a feature may hold, without what it may not."""
    return text.replace("\0", " ").encode(errors="replace")[:NAME_BYTES].decode(errors="ignore")


def _day_part(when: int) -> int:
    weekday = (when // DAY_S + 3) % 7  # 1970 began on a Thursday; Monday is 0
    return 4 * (weekday >= 5) + when % DAY_S // 21_600


_EACH_PART = [tuple(float(i == part) for i in range(len(DAY_PARTS))) for part in range(len(DAY_PARTS))]


def _pair(one: tuple[float, float], fade: float, other: tuple[float, float], other_fade: float) -> tuple[float, float]:
    return one[0] * fade + other[0] * other_fade, one[1] * fade + other[1] * other_fade


def _scores(one: Scores, fade: float, other: Scores, other_fade: float, most: int) -> Scores:
    found = {name: score * fade for name, score in one.items()}
    for name, score in other.items():
        found[name] = found.get(name, 0.0) + score * other_fade
    kept = [(-score, name) for name, score in found.items() if abs(score) >= FAINT]
    kept.sort()
    return {name: -score for score, name in kept[:most]}


def _latest(one: dict[Named, int], other: dict[Named, int], most: int) -> dict[Named, int]:
    if not one or not other:
        return one or other
    found = dict(one)
    for name, when in other.items():
        found[name] = max(when, found.get(name, 0))
    return dict(sorted(found.items(), key=lambda item: (-item[1], item[0]))[:most])


def _visits(all_of_them: Iterable[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """Those with no pause between them as one; the latest first."""
    found: list[tuple[int, int]] = []
    for start, stop in sorted(all_of_them):
        if found and start - found[-1][1] < PAUSE_S:
            found[-1] = found[-1][0], max(stop, found[-1][1])
        else:
            found.append((start, stop))
    return tuple(found[::-1])
