"""What fills an ad, and what is not eligible because nothing would."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from bandit.catalog import Catalog, checked
from bandit.products.product import Product
from bandit.profiles.profile import Profile, UserState
from bandit.shelf import Shelf, lay_out
from service.deciding.stock import Stock
from service.matching.reading import Matching
from service.products.changing import put
from service.products.keeping import Keeping
from service.products.reading import Products
from service.store.commands import Store
from service.store.products import ProductStore

NOW_S = 1_800_000_000.0
IMAGE = "https://shop.example/p.png"


def product(name: str, **more: Any) -> dict[str, Any]:
    price = {"value": 10, "currency": "EUR"}
    return {"id": name, "title": name, "link": "https://shop.example/", "price": price, **more}


FEED = [
    product("bare"),
    product("seen", image_url=IMAGE, category="shoes"),
    product("sold", availability="out_of_stock"),
]
TEMPLATES = [
    {"id": "pictured", "filling": {"slots": ["title", "image"]}},
    {"id": "own", "filling": {"slots": ["title", "image"]}, "creative": {"image_url": IMAGE}},
    {"id": "moving", "filling": {"slots": ["title", "video"]}},
    {"id": "plain"},
]


@pytest.fixture
def shop(valkey_url: str, tmp_path: Path) -> Iterator[tuple[Stock, Shelf]]:
    store = Store(valkey_url)
    put(ProductStore(store), msgspec.convert(FEED, list[Product]), NOW_S)
    keeping = Keeping(ProductStore(store), tmp_path)
    while keeping.round() or keeping.waiting:
        pass
    catalog = checked(
        msgspec.convert({"policies": [{"id": "home"}], "placements": [{"id": "hero"}], "templates": TEMPLATES}, Catalog)
    )
    stock = Stock(Products(tmp_path), Matching(tmp_path))
    stock.look(catalog, 0.0)
    yield stock, lay_out(catalog, catalog.policies[0])
    store.close()


def filled(shop: tuple[Stock, Shelf], template: str, state: UserState, taken: set[str] | None = None) -> list[str]:
    stock, shelf = shop
    return [one.id for one in stock.fill(shelf.templates[shelf.template_at[template]], state, taken or set(), NOW_S)]


def test_a_template_is_not_eligible_where_no_product_has_what_its_slots_show(shop: tuple[Stock, Shelf]) -> None:
    unfit = shop[0].unfit(shop[1])
    assert unfit is not None
    assert dict(zip((t.id for t in shop[1].templates), unfit.tolist(), strict=True)) == {
        "pictured": False,
        "own": False,
        "moving": True,
        "plain": False,
    }


def test_a_product_without_the_picture_that_is_wanted_fills_no_ad(shop: tuple[Stock, Shelf]) -> None:
    state = UserState(matched=("bare", "gone", "sold"))
    assert (filled(shop, "pictured", state), filled(shop, "own", state)) == (["seen"], ["bare"])


def test_what_was_just_bought_or_stands_on_the_page_gives_way_to_others(shop: tuple[Stock, Shelf]) -> None:
    bought = UserState(Profile(bought={"bare": int(NOW_S) - 60}), matched=("bare",))
    assert (filled(shop, "own", bought), filled(shop, "own", UserState(matched=("bare",)), {"bare"})) == (
        ["seen"],
        ["seen"],
    )
