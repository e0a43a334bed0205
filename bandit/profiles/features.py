"""What a model is told of a user: at most 24 features of the context's `user` namespace.

Every name starts with `~`, as no feature of a shop should: where one does, these go before it. Amounts come as ranges,
for a linear model has no other way to say that it is the middle that matters. What is not known is left out.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterable
from itertools import pairwise

from bandit.features import Feature
from bandit.profiles.profile import DAY_PARTS, DAY_S, FADES_S, PAUSE_S, SLOW_S, Profile, Scores, Times

MARK = "~"
LIKES, LIKED_BRANDS, WORDS_ASKED, WORDS_SAID = 3, 2, 4, 3  # strings of each list
FEW = ("~like", "~intent", "~price_level", "~recency", "~new")
LEAST_INTEREST = 0.1  # views; what faded below is not told
MONTH_S = 30 * DAY_S
WEEK_S = 7 * DAY_S
LONG_AGO = 64.0  # half-lives; no interest outlasts them
PLEASED = 0.25  # mean sentiment from which a mood is good, and below minus which it is bad

_PRICES = [math.log(step * 10.0**power) for power in range(-2, 8) for step in (1, 2, 5)]
_SPENT = [step * 10.0**power for power in range(-2, 10) for step in (1, 3)]
_VISITS = [1, 2, 4, 8]
_DAYS = [DAY_S, 3 * DAY_S, WEEK_S, MONTH_S]


def _ranges(steps: Iterable[float]) -> list[str]:
    """Names of the ranges that `bisect_right` finds among steps."""
    names = [f"{step:g}" for step in steps]
    return [f"under {names[0]}", *(f"{a}-{b}" for a, b in pairwise(names)), f"{names[-1]}+"]


_PRICE_RANGES = _ranges(math.exp(log) for log in _PRICES)
_SPENT_RANGES = _ranges(_SPENT)
_VISIT_RANGES = ["0", "1", "2-3", "4-7", "8+"]
_DAY_RANGES = ["under 1 d", "1-3 d", "3-7 d", "7-30 d", "30 d+"]


def few(found: dict[str, Feature]) -> dict[str, Feature]:
    """Those of them that a few thousand clicks can teach: each feature more is one more to learn of every ad.

    >>> few({"~like": "shoes", "~likes": ["shoes", "coats"], "~new": True})
    {'~like': 'shoes', '~new': True}
    """
    return {name: found[name] for name in FEW if name in found}


def features(profile: Profile | None, now: float) -> dict[str, Feature]:
    """The features of one user, see docs/spec/profiles.md; none of nobody.

    now  seconds since 1970

    >>> features(Profile(since=100, last=200, visits=((100, 200),), channels={"app": 1.0}), 260.0)
    {'~visits': '1', '~new': True, '~channel': 'app', '~daypart': 'weekday 0-6'}
    """
    if profile is None or not profile.last:
        return {}
    found: dict[str, Feature] = {}
    away = now - profile.last
    least = LEAST_INTEREST * 2.0 ** min(away / FADES_S, LONG_AGO) if away > 0.0 else LEAST_INTEREST
    if likes := _names(profile.categories, LIKES, least):
        found["~like"], found["~likes"] = likes[0], likes
    if brands := _names(profile.brands, LIKED_BRANDS, least):
        found["~brands"] = brands
    log_price, weight = profile.prices
    if weight:
        found["~price_level"] = _PRICE_RANGES[bisect_right(_PRICES, log_price / weight)]
    _habits(found, profile, now)
    if away < PAUSE_S:
        _intent(found, profile)
    _purchases(found, profile, now)
    when, tokens = profile.said
    if tokens and now - when < MONTH_S:
        found["~said"] = [f"{token:08x}" for token in tokens[:WORDS_SAID]]
    feeling, often = profile.mood
    if often:
        mean = feeling / often
        found["~mood"] = "good" if mean >= PLEASED else "bad" if mean < -PLEASED else "mixed"
    return found


def _habits(found: dict[str, Feature], profile: Profile, now: float) -> None:
    """How often and how lately, where and when."""
    visits = profile.visits
    if visits:
        recent = 0
        for _, stop in visits:
            if now - stop >= MONTH_S:
                break
            recent += 1
        found["~visits"] = _VISIT_RANGES[bisect_right(_VISITS, recent)]
        here = now - visits[0][1] < PAUSE_S
        if here and len(visits) == 1 and not profile.earlier:
            found["~new"] = True
        elif here and len(visits) > 1:
            found["~recency"] = _DAY_RANGES[bisect_right(_DAYS, now - visits[1][1])]
        elif not here:
            found["~recency"] = _DAY_RANGES[bisect_right(_DAYS, now - visits[0][1])]
    if profile.channels:
        found["~channel"] = next(iter(profile.channels))
    parts = profile.day_parts
    found["~daypart"] = DAY_PARTS[parts.index(max(parts))]


def _intent(found: dict[str, Feature], profile: Profile) -> None:
    """What the visit that is under way seems to be for."""
    for name, score in profile.intents.items():
        if score > 0.0:
            found["~intent"] = name
        break
    when, tokens = profile.asked
    if tokens and when >= profile.visits[0][0]:
        found["~asked"] = [f"{token:08x}" for token in tokens[:WORDS_ASKED]]


def _purchases(found: dict[str, Feature], profile: Profile, now: float) -> None:
    bought = profile.bought
    if bought:
        found["~bought"] = _DAY_RANGES[bisect_right(_DAYS, now - next(iter(bought.values())))]
    if profile.spent:
        spent = profile.spent * 0.5 ** (max(0.0, now - profile.last) / SLOW_S)
        found["~spent"] = _SPENT_RANGES[bisect_right(_SPENT, spent)]
    if profile.cart and (waiting := len(in_cart(profile.cart, bought, now))):
        found["~cart"] = "1" if waiting == 1 else "2+"


def in_cart(cart: Times, bought: Times, now: float) -> list[str]:
    """Products put into a cart within a week and not bought since, the latest first."""
    return [product for product, when in cart.items() if now - when < WEEK_S and bought.get(product, 0) < when]


def _names(scores: Scores, most: int, least: float) -> list[str]:
    found: list[str] = []
    for name, score in scores.items():
        if score < least or len(found) == most:
            break
        found.append(name)
    return found
