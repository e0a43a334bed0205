"""A synthetic shop: who comes, what she sees and what she would click, all of it known."""

from __future__ import annotations

from functools import cache

import numpy as np

from bandit.arrays import Doubles
from simulations.environments import shop_catalog as shop
from simulations.environments.base import DRAWS, SLOTS, Json, Round, stream

USERS = 5_000  # shoppers who come back; about two visits each in a minute at 150 a second

_VISITS, _USERS = 1, 2  # purposes of the random streams
_BASE = 0.0246  # brings the rate of an even draw to 3 %
_MOST = 0.6  # no ad is clicked more often than this
_SAME_DEPARTMENT = 1.6  # an ad for what the page is about
_EVENING = 1.25  # from 18 to 22 h

_SEGMENT_SHARES = (0.3, 0.3, 0.25, 0.15)
_AGES = ((22.0, 3.0), (38.0, 6.0), (42.0, 9.0), (68.0, 6.0))  # middle and spread, by segment
_DEVICE_SHARES = np.array([[0.8, 0.15, 0.05], [0.6, 0.2, 0.2], [0.35, 0.6, 0.05], [0.2, 0.45, 0.35]])
_PAGE_SHARES = (0.4, 0.35, 0.25)
_PURCHASE_SHARES = np.array([0.08, 0.12, 0.15, 0.12])  # of clicks, by segment


class Shop:
    """Environment `shop`. Rounds of two seeds share nothing but the shop itself."""

    def __init__(self, seed: int) -> None:
        self._seed = seed

    def catalog(self) -> Json:
        return shop.catalog()

    def round(self, t: int) -> Round:
        chance = stream(_VISITS, self._seed, t)
        user = int(chance.integers(USERS))
        segment, age = self._person(user)
        device = _pick(chance, _DEVICE_SHARES[segment])
        page = tuple(shop.PAGES)[_pick(chance, _PAGE_SHARES)]
        department = _pick(chance, shop.DEPARTMENT_TASTE[segment])
        hour = int(chance.integers(24))
        candidates = shop.pairs(page)
        return Round(
            t=t,
            request={
                "policy": "demo",
                "user": {"key": f"shopper-{user}"},
                "context": _told(age, device, hour) | {"page": _page(page, department)},
                "placements": list(shop.PAGES[page]),
                "count": 1,
            },
            candidates=candidates,
            click_probability=_clicks(page, segment, device, department if page != "home" else None, hour),
            purchase_probability=np.full(len(candidates), _PURCHASE_SHARES[segment]),
            purchase_value=_values(page, chance.random()),
            draws=chance.random((SLOTS, DRAWS)),
        )

    def _person(self, user: int) -> tuple[int, int]:
        """(segment, age) of a shopper; the same at every visit."""
        chance = stream(_USERS, self._seed, user)
        segment = _pick(chance, _SEGMENT_SHARES)
        middle, spread = _AGES[segment]
        return segment, int(np.clip(chance.normal(middle, spread), 18, 90))


def _told(age: int, device: int, hour: int) -> Json:
    """What a request tells of the shopper."""
    user = {"age": age, "age_band": f"{age // 10 * 10}s"}
    return {"device": shop.DEVICES[device], "hour": hour, "user": user}


def _page(page: str, department: int) -> Json:
    """What a request tells of the page; only the home page is about no department."""
    return {"type": page} if page == "home" else {"type": page, "department": shop.DEPARTMENTS[department]}


def _clicks(page: str, segment: int, device: int, department: int | None, hour: int) -> Doubles:
    """[k] click probability of each candidate on the page."""
    strength: Doubles = _strengths(page)[segment, device].copy()
    if department is not None:
        strength[_departments(page) == department] *= _SAME_DEPARTMENT
    if 18 <= hour < 22:
        strength *= _EVENING
    clicked: Doubles = np.minimum(_BASE * strength, _MOST)
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


def _pick(chance: np.random.Generator, shares: Doubles | tuple[float, ...]) -> int:
    """Index drawn in proportion to the shares."""
    edges = np.cumsum(shares)
    return int(np.searchsorted(edges, chance.random() * edges[-1], side="right"))
