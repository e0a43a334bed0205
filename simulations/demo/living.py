"""Shoppers with a life of their own: what they make of an ad that a service filled for them, and what they do besides.

In a world without an audience they click as the round says, and do nothing else.
"""

from __future__ import annotations

import threading
from collections import Counter
from typing import NamedTuple, Protocol

from simulations.environments import audience_catalog as shop
from simulations.environments.audience import Audience
from simulations.environments.base import Environment, Json, Round, Verdict


class Opinion(NamedTuple):
    """What one shopper makes of what she is shown."""

    verdict: Verdict
    chance: float  # that she clicks it
    best: float  # the same of what she would click most
    even: float  # of an even draw


class Shopping(Protocol):
    """What shoppers make of ads. Any number of threads."""

    def opinion(self, visit: Round, ad: Json) -> Opinion: ...

    def deeds(self, visit: Round) -> list[Json]:
        """What she does after a visit, as `POST /v1/activity` takes it, but for an id."""
        ...


def shopping(world: Environment) -> Shopping:
    return Living(world) if isinstance(world, Audience) else Plain()


class Plain:
    """Shoppers of a world whose rounds say all."""

    def opinion(self, visit: Round, ad: Json) -> Opinion:
        chance = float(visit.click_probability[visit.candidates.index((ad["template"], ad["placement"]))])
        return Opinion(
            visit.outcome(ad["template"], ad["placement"], ad["slot"]), chance, best=visit.oracle, even=visit.uniform
        )

    def deeds(self, visit: Round) -> list[Json]:
        return []


class Living:
    """Shoppers of a world with an audience: they remember what they saw, and browse."""

    def __init__(self, world: Audience) -> None:
        self._world = world
        self._lock = threading.Lock()
        self._looks: Counter[tuple[str, str]] = Counter()  # (user, template) -> times; all of a demo is today
        self._capped = _caps(world)
        self.products: set[str] = set()  # shown so far
        self.held = 0  # requests at which an ad had been shown as often as its cap allows, and was not
        self.beyond = 0  # ads shown oftener than their cap allows

    def opinion(self, visit: Round, ad: Json) -> Opinion:
        tired = self._seen(visit, ad)
        variant = next(one for one in shop.ads() if (one.template, one.variant) == (ad["template"], ad["variant"]))
        product = _NUMBER.get(ad.get("product") or "")
        chance = self._world.chance(visit.t, variant, ad["placement"], product, tired.get(variant.template, 0))
        best, even = self._world.choices(visit, tired)
        return Opinion(visit.verdict(ad["slot"], chance, 0), chance, best, even)

    def deeds(self, visit: Round) -> list[Json]:
        view = self._world.view(visit.t)
        found = []
        for deed in self._world.deeds(visit.t):
            told = {"type": deed.kind, "user": {"key": view.key}}
            category = shop.CATEGORIES[deed.category]
            if deed.product is None:
                found.append(told | {"category": category, "query": category})
            else:
                row = _FEED[deed.product]
                found.append(
                    told | {"product": row["id"]} | {name: row[name] for name in ("category", "brand", "price")}
                )
        return found

    def _seen(self, visit: Round, ad: Json) -> dict[str, int]:
        """How often she saw each ad of the page before; this one is seen from now on."""
        user, template = self._world.view(visit.t).key, ad["template"]
        with self._lock:
            there = dict.fromkeys(one for one, _ in visit.candidates)
            before = {one: self._looks[user, one] for one in there}
            self._looks[user, template] += 1
            full = {one for one, most in self._capped.items() if before.get(one, 0) >= most}
            self.held += bool(full - {template})
            self.beyond += template in full
            if ad.get("product"):
                self.products.add(ad["product"])
        return before


def _caps(world: Audience) -> dict[str, int]:
    """Most impressions a user of each template with a cap."""
    return {
        template["id"]: min(cap["impressions"] for cap in template["caps"])
        for template in world.catalog()["templates"]
        if template.get("caps")
    }


_FEED = shop.products()
_NUMBER = {row["id"]: number for number, row in enumerate(_FEED)}
