"""A host's file follows the store, whatever happened to either, and reading it never fails."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bandit.creatives.slots import Filling
from bandit.products.filters import wanted
from service.products import changing, table
from service.products.buckets import BUCKETS, bucket_of
from service.products.keeping import SWEPT, Keeping
from service.products.reading import LOOK_AFTER, Products
from service.store.products import ProductStore
from tests.products import product

MANY = [product(id=f"p-{i}", added=1.0) for i in range(200)]


@pytest.fixture
def keeping(store: ProductStore, tmp_path: Path) -> Keeping:
    changing.put(store, MANY, 1.0)
    return Keeping(store, tmp_path)


@pytest.fixture
def products(tmp_path: Path) -> Products:
    return Products(tmp_path)


def settle(keeping: Keeping) -> None:
    while keeping.round() or keeping.waiting:
        pass


def everything(products: Products) -> list[str]:
    return sorted(one.id for one in products.page("", 9_999))


def test_without_a_file_there_are_no_products(products: Products) -> None:
    assert (products.get("p-1"), products.many(["p-1"]), products.count, products.version) == (None, [None], 0, 0)


def test_the_file_has_what_the_store_has(keeping: Keeping, products: Products, store: ProductStore) -> None:
    settle(keeping)
    assert products.many([one.id for one in MANY]) == MANY
    assert (products.count, products.version) == (len(MANY), store.version())


def test_a_change_is_in_the_file_after_one_round(keeping: Keeping, products: Products, store: ProductStore) -> None:
    settle(keeping)
    changing.put(store, [product(id="p-1", title="Boot"), product(id="new")], 2.0)
    changing.remove(store, "p-2")
    keeping.round()
    assert [one and one.title for one in products.many(["p-1", "new", "p-2"])] == ["Boot", "Shoe", None]
    assert (products.count, products.version) == (len(MANY), store.version())


def test_a_change_while_all_is_read_does_not_wait_for_the_rest(
    keeping: Keeping, products: Products, store: ProductStore
) -> None:
    keeping.round()
    changing.put(store, [product(id="new")], 2.0)
    keeping.round()
    assert keeping.waiting
    assert products.get("new")


def test_a_new_process_goes_on_where_the_last_one_stopped(
    keeping: Keeping, store: ProductStore, tmp_path: Path
) -> None:
    settle(keeping)
    keeping.close()
    changing.put(store, [product(id="new")], 2.0)
    settle(Keeping(store, tmp_path))
    assert Products(tmp_path).count == len(MANY) + 1


def test_a_change_that_nobody_was_told_of_is_found(keeping: Keeping, products: Products, store: ProductStore) -> None:
    settle(keeping)
    store._redis.delete("{products}:changes")
    bucket = next(bucket for bucket in range(BUCKETS) if store.buckets([bucket])[0].rows)
    store.put({bucket: {}})
    for _ in range(BUCKETS // SWEPT):
        keeping.round()
    assert products.count < len(MANY)


def _remove(folder: Path) -> None:
    table.remove(folder)


def _spoil(folder: Path) -> None:
    table.remove(folder)
    (folder / table.NAME).write_bytes(b"no database" * 999)


def _tear(folder: Path) -> None:
    with (folder / table.NAME).open("r+b") as file:
        file.write(b"\xff" * 8192)


@pytest.mark.parametrize("harm", [_remove, _spoil, _tear])
def test_a_file_that_is_gone_or_damaged_is_made_anew_and_read_again(
    keeping: Keeping, products: Products, tmp_path: Path, store: ProductStore, harm: Callable[[Path], None]
) -> None:
    settle(keeping)
    keeping.close()
    assert products.get("p-1")
    products.close()
    harm(tmp_path)
    settle(Keeping(store, tmp_path))
    assert all([products.get("p-1") for _ in range(2 * LOOK_AFTER)][LOOK_AFTER:])


def test_a_reader_takes_the_file_that_is_put_in_place_of_its_own(keeping: Keeping, products: Products) -> None:
    settle(keeping)
    assert products.get("p-1")
    table.remove(keeping._folder)
    for _ in range(LOOK_AFTER):
        products.get("p-1")
    assert products.get("p-1") is None
    settle(keeping)
    assert [products.get("p-1") for _ in range(LOOK_AFTER + 1)][-1]


def test_damaged_buckets_leave_the_others_alone(keeping: Keeping, products: Products, store: ProductStore) -> None:
    settle(keeping)
    store._redis.hset("products:{7}", mapping={"mark": "x", "rows": "no zlib"})
    changing.put(store, [product(id="new")], 2.0)
    store.tell([7])
    settle(keeping)
    assert products.get("new")


def test_pages_are_all_products_each_once(keeping: Keeping, products: Products) -> None:
    settle(keeping)
    found: list[str] = []
    while page := products.page(found[-1] if found else "", 7):
        found += [one.id for one in page]
    assert sorted(found) == everything(products)
    assert len(found) == len(MANY)


@pytest.mark.parametrize(
    ("filling", "fits"),
    [
        ({}, {"cheap", "dear", "bag"}),
        ({"categories": ("shoes",)}, {"cheap", "dear"}),
        ({"categories": ("Shoes > Running", "bags")}, {"dear", "bag"}),
        ({"brands": ("ACME",)}, {"dear"}),
        ({"price_to": 10.0}, {"cheap"}),
    ],
)
def test_some_products_are_those_that_a_filling_takes(
    store: ProductStore, tmp_path: Path, filling: dict[str, Any], fits: set[str]
) -> None:
    cheap = product(id="cheap", category="Shoes", sale_price="5 EUR")
    dear = product(id="dear", category="shoes>running > trail", brand="Acme")
    gone = product(id="gone", category="Shoes", availability="out_of_stock")
    changing.put(store, [cheap, dear, gone, product(id="bag", category="Bags")], 1.0)
    settle(Keeping(store, tmp_path))
    assert {one.id for one in Products(tmp_path).some(wanted(Filling(**filling)), 9)} == fits


def test_reading_goes_on_while_the_file_is_written(keeping: Keeping, products: Products, store: ProductStore) -> None:
    settle(keeping)
    boots = [product(id=one.id, title="Boot") for one in MANY]
    writing = threading.Thread(target=changing.put, args=(store, boots, 2.0))
    writing.start()
    while [one.title if one else "" for one in products.many([one.id for one in MANY])] != ["Boot"] * len(MANY):
        assert None not in products.many([one.id for one in MANY])
        keeping.round()
    writing.join()


def test_a_disk_at_fault_is_told_and_gone_on_from(keeping: Keeping, tmp_path: Path) -> None:
    (tmp_path / table.NAME).mkdir()
    with pytest.raises(sqlite3.OperationalError):
        keeping.round()
    (tmp_path / table.NAME).rmdir()
    assert keeping.round()


def test_a_row_that_cannot_be_read_is_left_out_and_holds_up_no_other(
    keeping: Keeping, products: Products, store: ProductStore
) -> None:
    store.change({bucket_of("p-1"): {"p-1": b"of another version", "p-0": b"\xc1"}})
    settle(keeping)
    assert products.many(["p-0", "p-1", "p-2"])[1:] == [None, MANY[2]]
    assert products.count == len(MANY) - 1 == len(everything(products))


def test_a_row_of_the_file_that_cannot_be_read_is_no_product(keeping: Keeping, products: Products) -> None:
    settle(keeping)
    table.for_writing(products._path.parent).execute("UPDATE product SET row = ? WHERE id = 'p-1'", (b"\xc1",))
    assert (products.get("p-1"), len(everything(products))) == (None, len(MANY) - 1)
    assert len(products.some(wanted(Filling()), 9_999)) == len(MANY) - 1
