"""A template filled for one request: its own texts, and the products it shows.

A text that the template sets wins over the product's. A picture or video of the product wins over the template's, which
stands in where the product has none. What nobody has is told in `missing`, and then the ad is not to be shown.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple, get_args

import msgspec

from bandit.catalog import Creative, Placement
from bandit.creatives import placeholders
from bandit.creatives.amounts import written
from bandit.creatives.slots import Filling, Format, SlotKind
from bandit.products.product import Product

FORMATS: frozenset[str] = frozenset(get_args(Format))
# Pixels, width by height, where the placement names none: common sizes of the Interactive Advertising Bureau, or near.
SIZES: dict[Format, tuple[int, int]] = {
    "banner": (300, 250),
    "native": (320, 140),
    "carousel": (480, 320),
    "video": (480, 360),
}
CALLS = {"en": "Shop now", "de": "Jetzt ansehen", "fr": "Voir l’offre", "es": "Ver oferta", "zh": "立即选购"}
DESCRIPTION = 200  # characters of a product's that are shown
OPTIONAL = frozenset({"description", "call_to_action"})  # without them an ad is still one


class Place(NamedTuple):
    """What of a placement an ad's form hangs on."""

    format: str
    width: int | None
    height: int | None


NOWHERE = Place("", None, None)


class Item(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One product of an ad."""

    product: str
    title: str
    brand: str
    category: str  # the narrowest
    image_url: str | None
    price: str  # to be paid now
    was_price: str  # before the sale; empty without one
    link: str


class Filled(msgspec.Struct, frozen=True, kw_only=True):
    """What one ad shows. Texts are plain; `bandit.creatives.markup` makes HTML of them."""

    format: Format | None  # null: the placement names none of ours, and the shop's page styles the ad
    width: int | None  # pixels
    height: int | None
    title: str
    description: str
    image_url: str | None
    video_url: str | None
    price: str  # empty unless it is a slot
    was_price: str
    call_to_action: str
    link: str | None  # landing page: the template's, else the first product's
    items: tuple[Item, ...] = ()  # the products shown, the first of them filling the slots above
    missing: tuple[SlotKind, ...] = ()  # wanted and nowhere to be had; any: show another ad


def fill(
    creative: Creative,
    filling: Filling | None,
    products: Sequence[Product] = (),
    *,
    placement: Placement | None = None,
    language: str = "en",
) -> Filled:
    """The template's slots with what there is for them.

    creative   the template's, or that of one of its variants
    products   best first; those that lack a wanted picture or video are passed over
    placement  where it stands, which names the format and size
    language   of prices and of the call to action that stands in where none is set

    >>> fill(Creative(title="Only {product.price}"), Filling(slots=("title",))).missing
    ('title',)
    """
    if filling is None:
        return _unfilled(creative, _place(placement))
    slots = filling.slots
    shown = _shown(creative, filling, products)
    items = tuple([_item(product, language) for product in shown])
    first, lead = (shown[0], items[0]) if items else (None, None)
    values = _values(first, lead, slots)
    own = _own(creative.title, creative.description, creative.call_to_action)
    title, description, call = [
        placeholders.filled(text, values) if lead or "{product." not in text else "" for text in own
    ]
    if first:
        title = title or (first.title if own[0] or "title" in slots else "")
        description = description or (_short(first.description) if own[1] or "description" in slots else "")
    image_url = _either("image" in slots, first.image_url if first else None, creative.image_url)
    video_url = _either("video" in slots, first.video_url if first else None, creative.video_url)
    priced = lead if "price" in slots else None
    found = {"title": title, "image": image_url, "video": video_url, "price": priced, "carousel": items}
    place = _place(placement)
    format = _format(place.format, "carousel" if filling.count > 1 else "native", video_url, len(items))
    width, height = _size(place, format)
    return Filled(
        format=format,
        width=width,
        height=height,
        title=title,
        description=description,
        image_url=image_url,
        video_url=video_url,
        price=priced.price if priced else "",
        was_price=priced.was_price if priced else "",
        call_to_action=call or (_call(language) if "call_to_action" in slots else ""),
        link=creative.link or (first.link if first else None),
        items=items,
        missing=tuple([slot for slot in slots if slot not in OPTIONAL and not found[slot]]),
    )


@lru_cache(maxsize=10_000)
def _unfilled(creative: Creative, place: Place) -> Filled:
    """Of no product: the same for every request."""
    own = _own(creative.title, creative.description, creative.call_to_action)
    texts = dict(zip(placeholders.OF_TEMPLATE, (placeholders.filled(text, _UNSET) for text in own), strict=True))
    return as_it_stands(msgspec.structs.replace(creative, **texts), place)


_UNSET = dict.fromkeys(placeholders.OF_TEMPLATE, "")


def as_it_stands(creative: Creative, place: Place = NOWHERE) -> Filled:
    """A creative of which nothing is filled, whatever stands in braces."""
    usual: Format | None = "native" if creative.call_to_action or creative.video_url else None
    format = _format(place.format, usual, creative.video_url, 0)
    width, height = _size(place, format)
    return Filled(
        format=format,
        width=width,
        height=height,
        title=creative.title,
        description=creative.description,
        image_url=creative.image_url,
        video_url=creative.video_url,
        price="",
        was_price="",
        call_to_action=creative.call_to_action,
        link=creative.link,
    )


def narrowest(category: str) -> str:
    """The last step of a category's path.

    >>> narrowest("Shoes > Running")
    'Running'
    """
    return category.rpartition(">")[2].strip()


def _short(description: str) -> str:
    """A product's description as an ad has room for it, cut between words."""
    if len(description) <= DESCRIPTION:
        return description
    return f"{description[:DESCRIPTION].rpartition(' ')[0] or description[:DESCRIPTION]}…"


def _shown(creative: Creative, filling: Filling, products: Sequence[Product]) -> list[Product]:
    image = "image" in filling.slots and not creative.image_url
    video = "video" in filling.slots and not creative.video_url
    usable = [one for one in products if (one.image_url or not image) and (one.video_url or not video)]
    return usable[: filling.count]


def _item(product: Product, language: str) -> Item:
    now, sale = product.price, product.sale_price
    cheaper = sale is not None and sale.currency == now.currency and sale.value < now.value
    return Item(
        product=product.id,
        title=product.title,
        brand=product.brand,
        category=narrowest(product.category),
        image_url=product.image_url,
        price=written(sale if cheaper and sale else now, language),
        was_price=written(now, language) if cheaper else "",
        link=product.link,
    )


def _values(first: Product | None, lead: Item | None, slots: Sequence[SlotKind]) -> dict[str, str]:
    """By placeholder; `title` and `description` of a template that sets none are the product's."""
    if not first or not lead:
        return _UNSET
    return {
        "product.title": lead.title,
        "product.price": lead.price,
        "product.was_price": lead.was_price,
        "product.brand": lead.brand,
        "product.category": lead.category,
        "title": first.title if "title" in slots else "",
        "description": _short(first.description) if "description" in slots else "",
        "call_to_action": "",
    }


@lru_cache(maxsize=10_000)
def _own(title: str, description: str, call_to_action: str) -> tuple[str, ...]:
    """The template's texts, those of one another set in."""
    texts = {"title": title, "description": description, "call_to_action": call_to_action}
    found = placeholders.flat({name: text for name, text in texts.items() if text})
    return tuple(found.get(name, "") for name in texts)


def _either(wanted: bool, product: str | None, own: str | None) -> str | None:
    return (product if wanted else None) or own


def _call(language: str) -> str:
    return CALLS.get(language.partition("-")[0].lower(), CALLS["en"])


def _place(placement: Placement | None) -> Place:
    return Place(placement.format, placement.width, placement.height) if placement else NOWHERE


def _format(named: str, usual: Format | None, video_url: str | None, shown: int) -> Format | None:
    """What the placement wants, if there is what it takes; else what is nearest to it."""
    wanted = named if named in FORMATS else usual
    if wanted == "carousel":
        return "carousel" if shown > 1 else "native"
    if wanted == "video":
        return "video" if video_url else "banner"
    return "banner" if wanted == "banner" else "native" if wanted == "native" else None


def _size(place: Place, format: Format | None) -> tuple[int | None, int | None]:
    width, height = SIZES[format] if format else (None, None)
    return place.width or width, place.height or height
