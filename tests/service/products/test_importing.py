"""A feed into the store: the good rows and no others, nothing of a broken feed, and after a kill as without one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from bandit.products.checks import Terms
from bandit.products.product import Product
from service.products import changing, exporting
from service.products.buckets import bucket_of
from service.products.faults import SHOWN
from service.products.feeds.rows import Cut, FeedRow
from service.products.importing import Imported, Refused, import_feed
from service.store.commands import StoreAway
from service.store.products import FOLDED_AFTER, ProductStore
from tests.products import SHOE, product

EURO = Terms(frozenset({"EUR"}))
MANY = [f"p-{i}" for i in range(300)]


def feed(*names: str, **changed: Any) -> list[FeedRow]:
    return [FeedRow(row, {**SHOE, "id": name, **changed}) for row, name in enumerate(names, 1)]


def take(store: ProductStore, rows: Any, now: float = 7.0, **how: Any) -> Imported:
    return import_feed(rows, store, EURO, now, **{"replace": True, "force": False, **how})


def held(store: ProductStore) -> dict[str, Product]:
    return {one.id: one for one in exporting.products(store)}


def test_good_rows_are_kept_and_bad_ones_told_by_row_and_field(store: ProductStore) -> None:
    found = take(store, [*feed("a", "b", "c"), FeedRow(4, {**SHOE, "price": "-1 EUR"}), FeedRow(5, {}, "torn")])
    assert [(fault.row, fault.field) for fault in found.faults.shown] == [(4, "price"), (5, "")]
    assert (found.rows, found.kept, held(store).keys()) == (5, 3, {"a", "b", "c"})


def test_of_an_id_that_comes_twice_the_last_row_counts_and_that_is_told(store: ProductStore) -> None:
    found = take(store, [*feed("a"), *feed("b", "a", title="Boot")])
    assert held(store)["a"].title == "Boot"
    assert [(fault.row, fault.code, fault.field) for fault in found.faults.shown] == [(1, "duplicate", "id")]


def test_what_is_not_in_a_whole_feed_goes_and_stays_beside_a_part_of_one(store: ProductStore) -> None:
    take(store, feed("a", "b"))
    assert take(store, feed("c"), replace=False).removed == 0
    assert held(store).keys() == {"a", "b", "c"}
    assert take(store, feed("c")).removed == 2
    assert held(store).keys() == {"c"}


def test_the_time_a_product_was_added_stays(store: ProductStore) -> None:
    take(store, feed("a", "b"), now=7.0)
    take(store, [*feed("a", "c", title="Boot"), *feed("b", added=3.0)], now=9.0)
    assert {name: one.added for name, one in held(store).items()} == {"a": 7.0, "b": 3.0, "c": 9.0}


def cut_off() -> Iterator[FeedRow]:
    yield from feed("x", "y")
    raise Cut("no more")


@pytest.mark.parametrize("rows", [[], [*feed("x"), *feed("y", "z", title="")], cut_off])
def test_a_broken_feed_is_refused_whole_unless_it_is_forced(store: ProductStore, rows: Any) -> None:
    take(store, feed("a"))
    with pytest.raises(Refused):
        take(store, rows() if callable(rows) else rows)
    assert held(store).keys() == {"a"}
    assert "a" not in (take(store, rows() if callable(rows) else rows, force=True), held(store))[1]


def test_all_faults_are_counted_and_the_first_ones_named(store: ProductStore) -> None:
    faults = take(store, feed(*["a"] * (SHOWN + 50), title=""), force=True).faults
    assert (faults.count, len(faults.shown)) == (SHOWN + 50, SHOWN)


class Killed(ProductStore):
    """Goes away after so many buckets."""

    left = 3

    def put(self, buckets: Any) -> None:
        self.left -= 1
        if not self.left:
            raise StoreAway("killed")
        super().put(buckets)


def test_an_import_that_was_killed_and_done_again_leaves_what_one_would(store: ProductStore) -> None:
    take(store, feed(*MANY[:200]))
    half = Killed.__new__(Killed)
    half._redis = store._redis
    with pytest.raises(StoreAway):
        take(half, feed(*MANY[100:], title="Boot"), now=9.0)
    assert {one.title for one in held(store).values()} == {"Shoe", "Boot"}
    take(store, feed(*MANY[100:], title="Boot"), now=9.0)
    wanted = {name: product(id=name, title="Boot", added=7.0 if i < 200 else 9.0) for i, name in enumerate(MANY)}
    assert held(store) == {name: wanted[name] for name in MANY[100:]}


def test_the_same_feed_again_writes_nothing(store: ProductStore) -> None:
    take(store, feed(*MANY))
    assert take(store, feed(*MANY), now=99.0).changed == 0


def test_single_products_are_put_found_and_removed(store: ProductStore) -> None:
    first = changing.put(store, [product(id="a"), product(id="b")], 7.0)
    assert changing.find(store, "a") == product(id="a", added=7.0)
    assert changing.remove(store, "a") == first + 1
    assert (changing.find(store, "a"), held(store).keys()) == (None, {"b"})
    with pytest.raises(KeyError):
        changing.remove(store, "a")


def test_many_changes_of_a_bucket_are_packed_and_none_is_lost(store: ProductStore) -> None:
    wanted = [name for i in range(800_000) if bucket_of(name := f"p-{i}") == 1][: FOLDED_AFTER + 20]
    for name in wanted:
        changing.put(store, [product(id=name)], 7.0)
    assert held(store).keys() == set(wanted)
    assert store._redis.hlen("products:{1}") < FOLDED_AFTER
