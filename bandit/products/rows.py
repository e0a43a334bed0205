"""From a feed's row, in our names or those of Google's Merchant feed, to a product.

Google's names: https://support.google.com/merchants/answer/7052112.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from bandit.errors import BadInput
from bandit.products.checks import ANYWHERE, Terms, checked, fault_of
from bandit.products.product import Product

# Names in a feed -> ours. One that begins with ? is taken only where no other says it.
_NAMES = {
    **{name: name for name in Product.__struct_fields__},
    "image_link": "image_url",
    "image": "image_url",
    "video_link": "video_url",
    "url": "link",
    "product_type": "category",
    "google_product_category": "?category",
    "summary": "?description",
    "manufacturer": "?brand",
}
_AMOUNT = r"(?P<amount>[0-9]{1,20}(?:\.[0-9]{1,30})?(?:e[+-]?[0-9]{1,3})?)"
_PRICE = re.compile(
    rf"{_AMOUNT}(?: ?(?P<currency>[A-Z]{{3}}))?|(?P<first>[A-Z]{{3}}) ?{_AMOUNT.replace('amount', 'after')}"
)
_PRICES = ("price", "sale_price")


def field_of(name: str) -> str | None:
    """What a column or element is called here; None if a product has no such thing.

    >>> field_of("Image Link"), field_of("g:price"), field_of("gtin")
    ('image_url', 'price', None)
    """
    plain = name.strip().lower().removeprefix("g:").replace(" ", "_")
    return _NAMES.get(plain)


def product_of(cells: Iterable[tuple[str, object]], terms: Terms = ANYWHERE) -> Product:
    """The product of a row; what is empty is as if not there.

    cells  by names that `field_of` gives, the most telling last

    Raises BadInput naming the field.

    >>> cells = {"id": "p", "title": "Shoe", "link": "https://a.example/p", "price": "49.90 EUR"}
    >>> product_of(cells.items()).price.value
    49.9
    """
    found: dict[str, Any] = {}
    spare: dict[str, Any] = {}
    for name, value in cells:
        if value is None or value == "":
            continue
        if name[0] == "?":
            spare.setdefault(name[1:], value)
        else:
            found[name] = value
    found = spare | found
    for name in _PRICES:
        price = found.get(name)
        if isinstance(price, str):
            found[name] = _money(name, price, terms)
    availability = found.get("availability")
    if isinstance(availability, str):
        found["availability"] = availability.strip().lower().replace(" ", "_").replace("-", "_")
    if type(found.get("id")) is int:  # as many shops write them in JSON
        found["id"] = str(found["id"])
    return _converted(found, terms, strict=False)


def product_as_sent(given: Mapping[str, object], terms: Terms) -> Product:
    """The product of an object in our own form, which has no other fields. Raises BadInput naming the field."""
    return _converted(dict(given), terms, strict=True)


def _converted(found: dict[str, Any], terms: Terms, *, strict: bool) -> Product:
    try:
        product = msgspec.convert(found, Product, strict=strict)
    except msgspec.ValidationError as fault:
        raise fault_of(fault) from None
    return checked(product, terms)


def _money(name: str, text: str, terms: Terms) -> dict[str, object]:
    found = _PRICE.fullmatch(text.strip())
    if not found:
        raise BadInput(f"#/{name}", "type", f"{text[:64]!r} is no price; write 49.90 EUR")
    currency = found["currency"] or found["first"]
    if currency is None:
        if len(terms.currencies) > 1:
            raise BadInput(f"#/{name}", "currency", f"{text[:64]!r} names no currency; write 49.90 EUR")
        (currency,) = terms.currencies
    return {"value": float(found["amount"] or found["after"]), "currency": currency}
