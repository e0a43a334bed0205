"""What makes a product bad. Its types and lengths are the struct's; here is what no type says.

Texts are plain and are escaped wherever they are shown, so a `<` in a title does no harm. What begins a script is
refused all the same: it is nobody's product, and a page of the shop's own may be less careful.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

import msgspec

from bandit.errors import BadInput
from bandit.links import ANY, Hosts
from bandit.money import Money
from bandit.products.currencies import CURRENCIES
from bandit.products.product import Product

# Control characters, half characters and what Unicode keeps free: no shop means them, and XML cannot hold them.
_UNFIT = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_UNFIT_LONG = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")  # lines may end, tabs stand
# Elements that run, load or restyle; of other signs a title may well be made.
_SCRIPT = re.compile(
    r"<\s*/?\s*(script|iframe|object|embed|svg|img|style|link|meta|base|form)\b|(java|vb)script\s*:", re.IGNORECASE
)
_MATCHING = {  # what a pattern asks for, in words
    "link": "a link is http or https, without spaces, quotes, < and >",
    "currency": "a currency is three capital letters, as of ISO 4217",
}
_AT = re.compile(r" - at `\$(?P<path>.*)`\Z", re.DOTALL)


class Terms(NamedTuple):
    """What a shop's products keep to."""

    currencies: frozenset[str] = CURRENCIES  # those it sells in
    hosts: Hosts = ANY  # where links and images may be


ANYWHERE = Terms()


def checked(product: Product, terms: Terms = ANYWHERE) -> Product:
    """The product itself, its texts without white space at their ends.

    Raises BadInput naming the field.
    """
    texts = product.title, product.description, product.category, product.brand
    if texts != tuple(map(str.strip, texts)):
        product = _trimmed(product)
    if not product.title:
        raise BadInput("#/title", "bound", "a title has one character at least")
    short = f"{product.id}{product.title}{product.category}{product.brand}"
    if _UNFIT.search(short) or _UNFIT_LONG.search(product.description):
        raise _unfit(product)
    for name, text in _texts(product):
        if found := _SCRIPT.search(text):
            raise BadInput(f"#/{name}", "unsafe", f"a text holds no script or element, such as {found[0]!r}")
    for name, url in (("link", product.link), ("image_url", product.image_url), ("video_url", product.video_url)):
        if url is not None and (fault := terms.hosts.why_not(url)):
            raise BadInput(f"#/{name}", "link", fault)
    _payable("price", product.price, terms)
    if product.sale_price is not None:
        _payable("sale_price", product.sale_price, terms)
        _a_bargain(product.sale_price, product.price)
    return product


def fault_of(fault: msgspec.ValidationError) -> BadInput:
    """What a decoder refused, by its field.

    >>> str(fault_of(msgspec.ValidationError("Expected `float` >= 0.0 - at `$.price.value`")))
    '#/price/value: Expected `float` >= 0.0'
    """
    text = str(fault)
    found = _AT.search(text)
    detail = text[: found.start()] if found else text
    if " matching regex " in detail:
        field = found["path"].rpartition(".")[2] if found else ""
        detail = _MATCHING.get("link" if field.endswith(("link", "_url")) else field, detail)
    typed = detail.startswith("Expected `") and not re.search(r" [<>]=? | length ", detail)
    code = "unknown" if "unknown field" in detail else "type" if typed else "bound"
    if missing := re.fullmatch(r"Object missing required field `(\w+)`", detail):
        return BadInput(f"#/{missing[1]}", "missing", "every product has one")
    return BadInput("#" + (found["path"].replace(".", "/") if found else ""), code, detail)


def _trimmed(product: Product) -> Product:
    return msgspec.structs.replace(product, **{name: text.strip() for name, text in _texts(product)})


def _texts(product: Product) -> Iterator[tuple[str, str]]:
    yield "title", product.title
    yield "description", product.description
    yield "category", product.category
    yield "brand", product.brand


def _unfit(product: Product) -> BadInput:
    for name, text in (("id", product.id), *_texts(product)):
        found = (_UNFIT_LONG if name == "description" else _UNFIT).search(text)
        if found:
            detail = f"U+{ord(found[0]):04X} at character {found.start() + 1} is no character of a text"
            return BadInput(f"#/{name}", "character", detail)
    raise AssertionError("called for an unfit text only")


def _payable(name: str, money: Money, terms: Terms) -> None:
    if money.currency not in CURRENCIES:
        raise BadInput(f"#/{name}/currency", "currency", f"{money.currency} is no currency of ISO 4217")
    if money.currency not in terms.currencies:
        wanted = " or ".join(sorted(terms.currencies))
        raise BadInput(f"#/{name}/currency", "currency", f"{money.currency} is not what this shop counts in: {wanted}")


def _a_bargain(sale: Money, price: Money) -> None:
    if sale.currency != price.currency:
        raise BadInput("#/sale_price/currency", "currency", f"{sale.currency} is not {price.currency}, as the price is")
    if sale.value > price.value:
        raise BadInput("#/sale_price", "bound", f"{sale.value} is above the price of {price.value}")
