"""What is kept of a user, in words: what somebody is shown who asks what is known of them."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import Any

from bandit.profiles.exposures import EXPOSURE
from bandit.profiles.features import features
from bandit.profiles.profile import DAY_PARTS, SLOW_S, Scores, Times, UserState


def described(state: UserState, now: float) -> dict[str, Any]:
    """Everything in a state that has a meaning outside of here, as JSON.

    now  seconds since 1970

    >>> from bandit.profiles.profile import Profile
    >>> found = described(UserState(Profile(since=100, last=200, categories={"shoes": 3.0, "bags": 1.0})), 200.0)
    >>> found["last_seen"], found["interests"]
    ('1970-01-01T00:03:20Z', {'shoes': 0.75, 'bags': 0.25})
    """
    profile = state.profile
    faded = 0.5 ** (max(0.0, now - profile.last) / SLOW_S)
    return {
        "first_seen": _instant(profile.since),
        "last_seen": _instant(profile.last),
        "visits": len(profile.visits) + profile.earlier,
        "counts": dict(profile.counts),
        "interests": _shares(profile.categories),
        "brands": _shares(profile.brands),
        "price_level": round(math.exp(profile.prices[0] / profile.prices[1]), 2) if profile.prices[1] else None,
        "spent": round(profile.spent * faded, 2),
        "sentiment": round(profile.mood[0] / profile.mood[1], 2) if profile.mood[1] else None,
        "channels": _shares(profile.channels),
        "day_parts": _shares({name: one for name, one in zip(DAY_PARTS, profile.day_parts, strict=True) if one}),
        "viewed": _instants(profile.viewed),
        "cart": _instants(profile.cart),
        "bought": _instants(profile.bought),
        "last_search": _words(profile.asked),
        "last_review": _words(profile.said),
        "matched": list(state.matched),
        "ads_seen": len(state.exposures) // EXPOSURE.itemsize,
        "names": max(1, len(state.aliases)),
        "features": features(profile, now),
    }


def _instant(when: int) -> str | None:
    return datetime.fromtimestamp(when, UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if when else None


def _instants(times: Times) -> dict[str, str | None]:
    return {product: _instant(when) for product, when in times.items()}


def _shares(scores: Scores) -> dict[str, float]:
    """Of all that is not below 0, the highest first."""
    liked = {name: score for name, score in scores.items() if score > 0.0}
    total = sum(liked.values())
    return {name: round(liked[name] / total, 4) for name in sorted(liked, key=lambda name: -liked[name])}


def _words(last: tuple[int, tuple[int, ...]]) -> dict[str, Any] | None:
    when, tokens = last
    return {"at": _instant(when), "words": [f"{token:08x}" for token in tokens]} if when else None
