"""What the shop with an audience sells, shows and where: a feed of products, templates they fill, and who pays.

The numbers are chosen, not measured: an even draw is clicked 3 times in 100, as in the plain shop, so that a minute of
demo has clicks enough to learn from. Display ads are mostly clicked less than once in 100.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

from simulations.environments.base import Json, Pair, demo_policy

CATEGORIES = ("shoes", "coats", "phones", "garden", "sports", "books")
BRANDS = ("Alba", "Birke", "Corvo", "Delta", "Ember", "Fjord", "Grove", "Hazel")
BRANDS_EACH = 4  # that one category has
PRICES = (15.0, 40.0, 90.0, 220.0)  # EUR, a product of each brand at each level
DEVICES = ("mobile", "desktop")
PAGES = {"home": ("hero", "rail"), "product": ("rail", "below"), "search": ("results", "rail")}
SEEN = {"hero": (1.4, 1.3), "results": (1.3, 1.2), "below": (0.9, 0.8), "rail": (0.4, 0.8)}  # by device
FORMATS = {"hero": "banner", "results": "native", "below": "native", "rail": "native"}

HEADLINES = {"Our summer sale": 1.5, "Prices down": 1.0, "Have you seen this?": 0.6}  # how much each appeals
CALLS = {"Shop now": 1.2, "Read more": 0.8}
APPEAL = {"brand": 0.9, "pick": 1.0, "mix": 0.9, "season": 0.8}  # of each kind of template

_INTERACTIONS = ("UA", "CA", "CP")  # users and their ads, searches and theirs, devices and positions
_SHOP = "https://shop.example"


class Good(NamedTuple):
    """A product as its world knows it."""

    id: str
    category: int
    brand: int  # in BRANDS
    level: int  # of its price


class Ad(NamedTuple):
    """A variant of a template as its world knows it."""

    template: str
    kind: str  # see APPEAL
    category: int | None  # that it is about, or that fills it; None: any
    filled: bool  # whether a product is shown
    variant: int
    appeal: float


@cache
def goods() -> tuple[Good, ...]:
    """Products: 4 brands at 4 prices in each of 6 categories."""
    return tuple(
        Good(f"{name}-{BRANDS[brand].lower()}-{level + 1}", category, brand, level)
        for category, name in enumerate(CATEGORIES)
        for brand in _brands(category)
        for level in range(len(PRICES))
    )


def products() -> list[Json]:
    """The feed, as `POST /v1/products` takes it."""
    return [_product(good) for good in goods()]


@cache
def ads() -> tuple[Ad, ...]:
    """Variants in the order of the shelf: template by template, headline by headline."""
    found = [Ad(f"{kind}-{name}", kind, i, kind == "pick", 0, APPEAL[kind])
             for kind in ("brand", "pick") for i, name in enumerate(CATEGORIES)]  # fmt: skip
    found.append(Ad("for-you", "mix", None, True, 0, APPEAL["mix"]))
    appeals = [headline * call for headline in HEADLINES.values() for call in CALLS.values()]
    found += [Ad("season", "season", None, False, i, APPEAL["season"] * one) for i, one in enumerate(appeals)]
    return tuple(found)


@cache
def shown_on(page: str) -> tuple[tuple[Ad, str], ...]:
    """(variant, placement) of a page's candidates, in the order of the shelf."""
    return tuple((ad, place) for ad in ads() for place in PLACED if place in PAGES[page] and fits(ad, place))


@cache
def alike(page: str) -> tuple[tuple[Ad, str], ...]:
    """The same, with the mean appeal of its template for each variant."""
    mean = {ad.template: [one.appeal for one in ads() if one.template == ad.template] for ad in ads()}
    return tuple(
        (ad._replace(appeal=sum(mean[ad.template]) / len(mean[ad.template])), place) for ad, place in shown_on(page)
    )


@cache
def pairs(page: str) -> tuple[Pair, ...]:
    """(template, placement) of the same; as often as a template has variants."""
    return tuple((ad.template, place) for ad, place in shown_on(page))


PLACED = tuple(SEEN)  # in the order of the catalog


def fits(ad: Ad, placement: str) -> bool:
    return ad.kind != "brand" or FORMATS[placement] == "banner" or placement == "rail"


def catalog() -> Json:
    """The shop as `adbandit up --catalog` reads it, with all that an ad manager sets.

    Limits are few and wide: they are there to be seen at work in a minute, and are not what is compared.
    """
    return {
        "policies": [demo_policy(_INTERACTIONS) | {"profiles": True, "fatigue": True}],
        "placements": [_placement(name) for name in PLACED],
        "campaigns": _campaigns(),
        "templates": _templates(),
    }


def _campaigns() -> list[Json]:
    """One each category, one for what is picked for a user, and one of the season."""
    of: list[Json] = [{"id": f"{name}-2026", "keywords": [name]} for name in CATEGORIES]
    garden = of[CATEGORIES.index("garden")]
    garden["targeting"] = {"device": "desktop"}
    books = of[CATEGORIES.index("books")]
    books["price"] = {"per": "mille", "amount": _eur(8.0)}  # a budget is the demo's to give, which knows how long it is
    return [*of, {"id": "for-you-2026", "keywords": list(CATEGORIES)},
            {"id": "season-2026", "keywords": list(CATEGORIES), "caps": [{"impressions": 6, "hours": 24}]}]  # fmt: skip


def _templates() -> list[Json]:
    found = [_brand(name) for name in CATEGORIES]
    found += [_pick(f"pick-{name}", f"{name}-2026", [name]) for name in CATEGORIES]
    found.append(_pick("for-you", "for-you-2026", []))
    found.append(_season())
    return found


def _brand(name: str) -> Json:
    title = f"{name.title()}, all of them"
    return {
        "id": f"brand-{name}",
        "campaign": f"{name}-2026",
        "placements": [place for place in PLACED if FORMATS[place] == "banner" or place == "rail"],
        "features": {"category": name, "kind": "brand"},
        "creative": {"title": title, "description": f"Everything in {name}", "link": f"{_SHOP}/{name}"},
    }


def _pick(name: str, campaign: str, categories: list[str]) -> Json:
    about = {"category": categories[0]} if categories else {}
    return {
        "id": name,
        "campaign": campaign,
        "features": about | {"kind": "pick"},
        "creative": {"title": "{product.title}", "link": f"{_SHOP}/{categories[0] if categories else 'new'}"},
        "filling": {"slots": ["title", "price"], "categories": categories},
    }


def _season() -> Json:
    return {
        "id": "season",
        "campaign": "season-2026",
        "caps": [{"impressions": 4, "hours": 24}],
        "features": {"kind": "season"},
        "creative": {"title": "Sale", "link": f"{_SHOP}/sale"},
        "grammar": {"headlines": list(HEADLINES), "calls_to_action": list(CALLS)},
    }


def _placement(name: str) -> Json:
    pages = [page for page, names in PAGES.items() if name in names]
    kind = "search" if name == "results" else "content"
    page_type = pages[0] if len(pages) == 1 else "any"
    return {"id": name, "page_type": page_type, "format": FORMATS[name], "kind": kind}


def _product(good: Good) -> Json:
    category, brand = CATEGORIES[good.category], BRANDS[good.brand]
    return {
        "id": good.id,
        "title": f"{brand} {category} {good.level + 1}",
        "link": f"{_SHOP}/{category}/{good.id}",
        "price": _eur(PRICES[good.level]),
        "category": category,
        "brand": brand,
    }


def _brands(category: int) -> list[int]:
    return sorted((2 * category + i) % len(BRANDS) for i in range(BRANDS_EACH))


def _eur(value: float) -> Json:
    return {"value": value, "currency": "EUR"}
