"""Products for tests: one that is good, any there can be, and feeds of them."""

from __future__ import annotations

import io
from typing import Any, cast

from hypothesis import strategies as st

from bandit.money import Money
from bandit.products.product import Product
from bandit.products.rows import product_of
from service.products.feeds import opening
from service.products.feeds.opening import Format
from service.products.feeds.rows import FeedRow

SHOE = {"id": "p-1", "title": "Shoe", "link": "https://shop.example/p-1", "price": {"value": 50.0, "currency": "EUR"}}

_letters = st.characters(blacklist_categories=("Cs", "Cc"), blacklist_characters="\ufffe\uffff")


def texts(most: int, least: int = 0, letters: st.SearchStrategy[str] = _letters) -> st.SearchStrategy[str]:
    """What a text of a product may be: anything, but no white space at its ends."""
    return st.text(letters, min_size=least, max_size=most).map(str.strip).filter(lambda text: len(text) >= least)


links = st.text("abc/?&=%'0-_.~", max_size=20).filter(lambda t: "'" not in t).map("https://shop.example/{}".format)
ids = texts(20, 1).filter(lambda text: text[0] > "\xa0" or "\x20" < text[0] < "\x7f")
amounts = st.floats(0.0, 1e7, allow_nan=False)


@st.composite
def products(draw: st.DrawFn) -> Product:
    """Any product that is good, in euros, with the time it was added."""
    price = draw(amounts)
    sale = draw(st.none() | st.floats(0.0, price, allow_nan=False))
    return Product(
        id=draw(ids.filter(lambda text: text[-1] > "\xa0" or "\x20" < text[-1] < "\x7f")),
        title=draw(texts(40, 1)),
        link=draw(links),
        price=Money(value=price, currency="EUR"),
        description=draw(texts(60, letters=_letters | st.sampled_from("\n\r\t\"',;|<>&="))),
        image_url=draw(st.none() | links),
        video_url=draw(st.none() | links),
        sale_price=None if sale is None else Money(value=sale, currency="EUR"),
        category=draw(texts(30)),
        brand=draw(texts(30)),
        availability=draw(st.sampled_from(["in_stock", "out_of_stock", "preorder", "backorder"])),
        added=draw(st.floats(1.0, 1e11)),
    )


def product(**changed: Any) -> Product:
    """The shoe, with some fields otherwise."""
    return product_of({**SHOE, **changed}.items())


def rows(feed: bytes, format: Format) -> list[FeedRow]:
    """The rows of a feed. Raises as its reader does."""
    return list(opening.read(cast(io.BufferedReader, io.BytesIO(feed)), format))
