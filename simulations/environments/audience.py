"""A shop whose shoppers have tastes that no request tells, look at products between ads, and tire of what they see.

Who she is, what she likes and where she goes is a pure function of the seed; what an ad is worth to her depends on how
well it fits her taste, on its headline, and on how often she saw it lately. What she does in the shop besides is hers
alone: no ad changes it, so that two policies meet the very same shoppers.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import NamedTuple

import numpy as np
from msgspec.structs import replace

from bandit.arrays import Doubles
from bandit.profiles.activity import Kind
from simulations.environments import audience_catalog as shop
from simulations.environments.audience_catalog import Ad
from simulations.environments.base import DRAWS, SLOTS, History, Json, Round
from simulations.environments.streams import Streams

STARTS_S = 1_767_225_600.0  # 2026-01-01, when round 0 is
TOGETHER, VIEWS = 6, 4  # shoppers at a time in the shop, pages each of them looks at
BLOCK_S, VIEW_S = 1_800.0, 60.0  # between one six shoppers and the next, between two pages
BLOCK = TOGETHER * VIEWS  # rounds
DAY = int(86_400 / BLOCK_S) * BLOCK  # rounds
SHOPPERS, NEW = 150, 0.05  # shoppers at first, new ones a visit

# Factor on the chance of a click for each time she saw the ad lately: five times bring it down by 56 %. What trade
# publications report after about five exposures lies between 30 and 60 %; none of it is a controlled experiment.
TIRED = 0.85
LATELY_D, AFTER_D = 1, 3  # days for which a look counts in full, and from then on by half
MOST = 0.6  # no ad is clicked more often than this
SOUGHT, ELSE = 2.0, 0.5  # factors on a search page, for ads of what is sought and for others

_VISITS, _PEOPLE, _VIEWS, _DEEDS = 11, 12, 13, 14  # purposes of the random streams
_BASE = 0.0398  # brings the rate of an even draw to 3 %
_FAVOURITES = (3.2, 1.4)  # taste for the category liked most, and for the next; the rest share what is left of 6
_BRAND = (1.7, 0.75)  # a liked brand and others, before they are brought to a mean of 1
_PRICE = (1.5, 1.0, 0.6, 0.4)  # the price level she keeps to, one off, two off, three off
_PAGES = ("home", "product", "search")
_PAGE_SUMS = np.cumsum((0.35, 0.4, 0.25))
_LOOKS, _CARTS, _BUYS = 0.8, 0.12, 0.04  # how often a page is followed by a look at a product, by a cart, by a purchase
_BUYS_AFTER_CLICK = 0.1


class Person(NamedTuple):
    """A shopper as she is; hidden."""

    taste: Doubles  # [categories] mean 1
    fit: Doubles  # [products] taste for each; its mean over a category is her taste for that
    likely: Doubles  # [products] running sum of the chances that she looks at each
    device: int


class View(NamedTuple):
    """A shopper on a page."""

    user: int
    page: str
    sought: int | None  # category, on a search page
    hour: int

    @property
    def key(self) -> str:
        return f"shopper-{self.user}"


class Deed(NamedTuple):
    """What she does in the shop after a page."""

    kind: Kind
    product: int | None  # in the feed; None for a search
    category: int


class Audience:
    """Environment `shop-audience`. What it says of an ad with a product in it is `chance`; `round` takes the mean."""

    def __init__(self, seed: int, *, shoppers: int = SHOPPERS) -> None:
        """
        shoppers  there are at first
        """
        self._shoppers = shoppers
        self._sessions, self._persons = Streams(_VISITS, seed), Streams(_PEOPLE, seed)
        self._views, self._deeds = Streams(_VIEWS, seed), Streams(_DEEDS, seed)
        self._people: dict[int, Person] = {}  # as they were drawn
        self._last = -1, View(0, "", None, 0)  # round and view; swapped in whole

    def catalog(self) -> Json:
        return shop.catalog()

    def products(self) -> list[Json]:
        """The feed."""
        return shop.products()

    def time(self, t: int) -> float:
        """When round t is by the world's own clock, seconds since 1970; never falls."""
        block, rest = divmod(t, BLOCK)
        return STARTS_S + BLOCK_S * block + VIEW_S * (rest // TOGETHER) + 5.0 * (rest % TOGETHER)

    def round(self, t: int) -> Round:
        """What holds if she was shown nothing before, and of each template products and variant are drawn evenly."""
        view = self.view(t)
        person = self.person(view.user)
        page = shop.alike(view.page)
        request, draws = self.asked(t)
        probability = np.array([self._chance(view, person, ad, place, None, 0.0) for ad, place in page])
        return Round(
            t=t,
            request=request,
            candidates=shop.pairs(view.page),
            click_probability=probability,
            purchase_probability=np.full(len(page), _BUYS_AFTER_CLICK),
            purchase_value=np.full(len(page), shop.PRICES[1]),
            draws=draws,
        )

    def worn(self, visit: Round, history: History) -> Round:
        """The round after this history; a day is DAY rounds."""
        tired = {
            template: weariness(
                history.seen(visit, template, since=visit.t - LATELY_D * DAY),
                history.seen(visit, template, since=visit.t - AFTER_D * DAY),
            )
            for template in dict.fromkeys(template for template, _ in visit.candidates)
        }
        factor = np.array([TIRED ** tired[template] for template, _ in visit.candidates])
        return replace(visit, click_probability=visit.click_probability * factor)

    def asked(self, t: int) -> tuple[Json, Doubles]:
        """Request and draws of round t, without what each candidate would lead to."""
        view = self.view(t)
        chance = self._views.at(t)
        return _request(view, self.person(view.user)), chance.random((SLOTS + 1, DRAWS))[1:]  # the first tell the view

    def view(self, t: int) -> View:
        """Who comes to which page."""
        known = self._last
        if known[0] == t:
            return known[1]
        block, rest = divmod(t, BLOCK)
        visit = block * TOGETHER + rest % TOGETHER
        user = int(self._sessions.at(visit).random() * (self._shoppers + NEW * visit))
        likely = self.person(user).likely
        which, mind = self._views.at(t).random(2).tolist()
        page = _PAGES[int(np.searchsorted(_PAGE_SUMS, which, side="right"))]
        product = int(np.searchsorted(likely, mind, side="right"))
        sought = shop.goods()[product].category if page == "search" else None
        found = View(user, page, sought, int(self.time(t) // 3_600 % 24))
        self._last = t, found
        return found

    def chance(self, t: int, ad: Ad, placement: str, product: int | None, tired: float) -> float:
        """How likely she clicks it.

        product  in the feed, that fills it; None: none does, or nobody knows which
        tired    as `weariness` has it
        """
        view = self.view(t)
        return self._chance(view, self.person(view.user), ad, placement, product, tired)

    def choices(self, visit: Round, seen: Mapping[str, int]) -> tuple[float, float]:
        """How likely she clicks what she would click most, limits aside, and how likely an even draw of all.

        seen  how often she saw each template today
        """
        view = self.view(visit.t)
        person, best = self.person(view.user), 0.0
        for ad, place in shop.shown_on(view.page):
            product = _liked(person, ad.category) if ad.filled else None
            best = max(best, self._chance(view, person, ad, place, product, seen.get(ad.template, 0)))
        tired = np.array([TIRED ** seen.get(template, 0) for template, _ in visit.candidates])
        return best, float((visit.click_probability * tired).mean())

    def deeds(self, t: int) -> tuple[Deed, ...]:
        """What she does in the shop after the page of round t, in order."""
        view = self.view(t)
        person = self.person(view.user)
        chance = self._deeds.at(t)
        draws = chance.random(4).tolist()
        found: list[Deed] = []
        if view.sought is not None:
            found.append(Deed("search", None, view.sought))
        product = int(np.searchsorted(person.likely, draws[0], side="right"))
        category = shop.goods()[product].category
        kinds: list[tuple[Kind, float]] = [("view", _LOOKS), ("add_to_cart", _CARTS), ("purchase", _BUYS)]
        found += [Deed(kind, product, category) for (kind, share), draw in zip(kinds, draws[1:], strict=True)
                  if draw < share]  # fmt: skip
        return tuple(found)

    def person(self, user: int) -> Person:
        """A shopper; the same at every visit."""
        if user not in self._people:
            self._people[user] = _drawn(self._persons.at(user))
        return self._people[user]

    def _chance(self, view: View, person: Person, ad: Ad, placement: str, product: int | None, tired: float) -> float:
        if product is not None and ad.filled:
            category: int | None = shop.goods()[product].category
            match = float(person.fit[product])
        else:
            category = ad.category
            match = 1.0 if category is None else float(person.taste[category])
        sought = 1.0 if view.sought is None or category is None else SOUGHT if category == view.sought else ELSE
        found = _BASE * shop.SEEN[placement][person.device] * ad.appeal * match * sought * TIRED**tired
        return float(min(found, MOST))


def weariness(lately: int, before: int) -> float:
    """How often she saw an ad, each time of today in full and older ones by half.

    lately  times within LATELY_D days
    before  times within AFTER_D days, those among them

    >>> weariness(2, 4)
    3.0
    """
    return (lately + before) / 2.0


def _request(view: View, person: Person) -> Json:
    """What her request tells: neither her taste, nor what she looked at."""
    sought = {} if view.sought is None else {"query": shop.CATEGORIES[view.sought]}
    return {
        "policy": "demo",
        "user": {"key": view.key},
        "context": {"device": shop.DEVICES[person.device], "hour": view.hour, "page": {"type": view.page}, **sought},
        "placements": list(shop.PAGES[view.page]),
        "count": 1,
    }


def _drawn(chance: np.random.Generator) -> Person:
    categories, goods = len(shop.CATEGORIES), shop.goods()
    first, second = chance.permutation(categories)[:2].tolist()
    taste = np.full(categories, (categories - sum(_FAVOURITES)) / (categories - 2))
    taste[first], taste[second] = _FAVOURITES
    liked = chance.permutation(len(shop.BRANDS))[:3].tolist()
    level = int(chance.integers(len(shop.PRICES)))
    raw = np.array([_BRAND[good.brand not in liked] * _PRICE[abs(good.level - level)] for good in goods])
    of = _categories()
    fit = taste[of] * raw / (np.bincount(of, raw) / np.bincount(of))[of]
    return Person(taste, fit, np.cumsum(fit) / fit.sum(), int(chance.random() < 0.4))


def _liked(person: Person, category: int | None) -> int:
    """The product she likes best, of a category or of all."""
    of = _categories()
    return int(np.argmax(person.fit if category is None else np.where(of == category, person.fit, -1.0)))


@cache
def _categories() -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return np.array([good.category for good in shop.goods()], np.int64)
