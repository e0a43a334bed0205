"""A synthetic shop: who comes, what she sees and what she would click, all of it known."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

import numpy as np

from bandit.arrays import Doubles
from simulations.environments import shop_catalog as shop
from simulations.environments.base import DRAWS, SLOTS, Json, Round
from simulations.environments.streams import Streams

USERS = 5_000  # shoppers who come back; about two visits each in a minute at 150 a second

_VISITS, _USERS = 1, 2  # purposes of the random streams
_BASE = 0.0246  # brings the rate of an even draw to 3 %
MOST = 0.6  # no ad is clicked more often than this
_SAME_DEPARTMENT = 1.6  # an ad for what the page is about
_EVENING = 1.25  # from 18 to 22 h
_PURCHASE_SHARES = np.array([0.08, 0.12, 0.15, 0.12])  # of clicks, by segment

# Shares as running sums, to draw from.
_SEGMENTS = np.cumsum((0.3, 0.3, 0.25, 0.15)).tolist()
_AGES = ((22.0, 3.0), (38.0, 6.0), (42.0, 9.0), (68.0, 6.0))  # middle and spread, by segment
_DEVICES = np.cumsum([[0.8, 0.15, 0.05], [0.6, 0.2, 0.2], [0.35, 0.6, 0.05], [0.2, 0.45, 0.35]], axis=1).tolist()
_PAGES = np.cumsum((0.4, 0.35, 0.25)).tolist()
_DEPARTMENTS = np.cumsum(shop.DEPARTMENT_TASTE, axis=1).tolist()  # by segment


class Visit(NamedTuple):
    """A shopper on a page; segment, and on the home page the department, are hidden."""

    user: int  # in [0, users)
    segment: int
    age: int  # years
    device: int
    page: str
    department: int  # she has in mind; what the page is about, but for the home page
    hour: int

    def request(self, placements: Sequence[str]) -> Json:
        """What her request tells."""
        about = {} if self.page == "home" else {"department": shop.DEPARTMENTS[self.department]}
        return {
            "policy": "demo",
            "user": {"key": f"shopper-{self.user}"},
            "context": {
                "device": shop.DEVICES[self.device],
                "hour": self.hour,
                "user": {"age": self.age, "age_band": f"{self.age // 10 * 10}s"},
                "page": {"type": self.page, **about},
            },
            "placements": list(placements),
            "count": 1,
        }


class Shop:
    """Environment `shop`. Rounds of two seeds share nothing but the shop itself."""

    def __init__(self, seed: int, *, users: int = USERS) -> None:
        """
        users  shoppers there are
        """
        self._users = users
        self._visits, self._persons = Streams(_VISITS, seed), Streams(_USERS, seed)
        self._people: dict[int, tuple[int, int]] = {}  # as they were drawn

    def catalog(self) -> Json:
        return shop.catalog()

    def round(self, t: int) -> Round:
        chance = self._visits.at(t)
        visit = self.visit(chance)
        candidates = shop.pairs(visit.page)
        return Round(
            t=t,
            request=visit.request(shop.PAGES[visit.page]),
            candidates=candidates,
            click_probability=_clicks(visit),
            purchase_probability=np.full(len(candidates), _PURCHASE_SHARES[visit.segment]),
            purchase_value=_values(visit.page, chance.random()),
            draws=chance.random((SLOTS, DRAWS)),
        )

    def visit(self, chance: np.random.Generator) -> Visit:
        """Who comes, and to which page."""
        user = int(chance.integers(self._users))
        segment, age = self._person(user)
        return Visit(
            user=user,
            segment=segment,
            age=age,
            device=_pick(chance, _DEVICES[segment]),
            page=tuple(shop.PAGES)[_pick(chance, _PAGES)],
            department=_pick(chance, _DEPARTMENTS[segment]),
            hour=int(chance.integers(24)),
        )

    def _person(self, user: int) -> tuple[int, int]:
        """(segment, age) of a shopper; the same at every visit."""
        if user not in self._people:
            chance = self._persons.at(user)
            segment = _pick(chance, _SEGMENTS)
            middle, spread = _AGES[segment]
            self._people[user] = segment, int(np.clip(chance.normal(middle, spread), 18, 90))
        return self._people[user]


def _clicks(visit: Visit) -> Doubles:
    """[k] click probability of each candidate on the page."""
    strength: Doubles = _strengths(visit.page)[visit.segment, visit.device].copy()
    if visit.page != "home":
        strength[_departments(visit.page) == visit.department] *= _SAME_DEPARTMENT
    if 18 <= visit.hour < 22:
        strength *= _EVENING
    clicked: Doubles = np.minimum(_BASE * strength, MOST)
    return clicked


@cache
def _strengths(page: str) -> Doubles:
    """[segment, device, k] product of position and tastes."""
    table = np.empty((len(shop.SEGMENTS), len(shop.DEVICES), len(shop.pairs(page))))
    for at, (template, placement) in enumerate(shop.pairs(page)):
        department, offer = _parts(template)
        taste = shop.DEPARTMENT_TASTE[:, department] * shop.OFFER_TASTE[:, offer]
        table[:, :, at] = taste[:, None] * np.array(shop.SEEN[placement])
    return table


@cache
def _departments(page: str) -> Doubles:
    """[k] department of each candidate's template."""
    return np.array([_parts(template)[0] for template, _ in shop.pairs(page)], dtype=np.float64)


def _values(page: str, draw: float) -> Doubles:
    """[k] EUR spent if the candidate leads to a purchase: half to one and a half times the offer's price."""
    return np.round(_prices(page) * (0.5 + draw), 2)


@cache
def _prices(page: str) -> Doubles:
    return np.array([shop.PRICE[template.split("-")[1]] for template, _ in shop.pairs(page)])


def _parts(template: str) -> tuple[int, int]:
    department, offer = template.split("-")
    return shop.DEPARTMENTS.index(department), shop.OFFERS.index(offer)


def _pick(chance: np.random.Generator, sums: Sequence[float]) -> int:
    """Index drawn in proportion to the shares whose running sums these are."""
    return bisect_right(sums, chance.random() * sums[-1])
