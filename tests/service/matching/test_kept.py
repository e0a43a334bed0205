"""Tables of matches, from who makes them to who reads them, over a real store."""

from __future__ import annotations

import msgspec
import numpy as np
import polars as pl
import pytest

from bandit.matching.tables import Tables
from bandit.products.product import Product
from bandit.profiles.profile import Profile, UserState
from service.books.activity_archive import SCHEMA
from service.matching.kept import FILE, Keeper
from service.matching.making import make
from service.matching.of_users import matching
from service.matching.reading import Matching
from service.products.changing import put
from service.products.keeping import Keeping
from service.store.commands import Store
from service.store.matching import MatchingStore
from service.store.products import ProductStore

NOW = 1_760_000_000.0
TABLES = Tables({"boot": ("sock", "lace"), "hat": ("scarf",)}, {"": ("hat",)}, {"shoes": ("boot",)})


@pytest.fixture
def store(valkey_url):
    opened = Store(valkey_url)
    yield opened
    opened.close()


def keep(store, folder) -> Keeper:
    keeper = Keeper(MatchingStore(store), folder)
    while keeper.round():
        pass
    return keeper


def test_what_is_published_is_what_is_read(store, tmp_path) -> None:
    MatchingStore(store).put(TABLES, 7)
    keep(store, tmp_path)
    known = Matching(tmp_path)
    known.look()
    assert known.lists == Tables({}, TABLES.trending, TABLES.new)
    assert [known.related(product) for product in ("boot", "hat", "gone")] == [("sock", "lace"), ("scarf",), ()]


def test_a_newer_publication_replaces_all_of_it(store, tmp_path) -> None:
    MatchingStore(store).put(TABLES, 7)
    keeper = keep(store, tmp_path)
    MatchingStore(store).put(Tables({"hat": ("cap",)}, {}, {}), 8)
    while keeper.round():
        pass
    known = Matching(tmp_path)
    known.look()
    assert (known.related("boot"), known.related("hat"), known.lists.trending) == ((), ("cap",), {})


def test_where_nothing_was_published_or_kept_nothing_matches(store, tmp_path) -> None:
    assert not Keeper(MatchingStore(store), tmp_path / "a").round()
    known = Matching(tmp_path / "b")
    known.look()
    assert known.related("boot") == ()


def test_a_copy_that_is_no_database_is_as_if_it_were_not_there_and_made_anew(store, tmp_path) -> None:
    (tmp_path / FILE).write_bytes(b"no database" * 1_000)
    known = Matching(tmp_path)
    assert known.related("boot") == ()
    MatchingStore(store).put(TABLES, 7)
    keep(store, tmp_path)
    assert known.related("boot") == ("sock", "lace")


def test_a_user_s_products_are_told_by_what_was_looked_at_last(store, tmp_path) -> None:
    MatchingStore(store).put(TABLES, 1)
    keep(store, tmp_path)
    known = Matching(tmp_path)
    known.look()
    state = UserState(Profile(viewed={"boot": 10}, cart={"hat": 20}, bought={"lace": 30}))
    assert matching(known)(state) == ("scarf", "sock", "hat", "boot")


def test_tables_are_made_of_the_archive_and_the_feed(store, tmp_path) -> None:
    sold = {"link": "https://shop.example/", "price": {"value": 1, "currency": "EUR"}}
    feed = [{"id": name, "title": name, **sold} for name in ("boot", "sock", "pan")]
    put(ProductStore(store), msgspec.convert(feed, list[Product]), NOW)
    keeping = Keeping(ProductStore(store), tmp_path)
    while keeping.round() or keeping.waiting:
        pass
    rows = [(user, name) for user in ("a", "b") for name in ("boot", "sock")] + [("c", "pan"), ("d", "pan")]
    archive(tmp_path, rows)
    made = make(tmp_path, NOW)
    assert (made.related["boot"], made.related["sock"]) == (("sock",), ("boot",))
    assert set(made.trending[""]) == {"boot", "sock", "pan"}


def archive(data, rows) -> None:
    """Views of products, as the bookkeeper archives them."""
    folder = data / "archive" / "activity" / "date=2025-10-09"
    folder.mkdir(parents=True)
    n = len(rows)
    columns = {"user": [row[0] for row in rows], "product": [row[1] for row in rows], "kind": ["view"] * n}
    frame = pl.DataFrame(columns | {"occurred": np.full(n, int(NOW * 1e6))})
    frame = frame.with_columns(pl.col("occurred").cast(pl.Datetime("us", "UTC")))
    frame.select(pl.col(name).cast(SCHEMA[name]) for name in frame.columns).write_parquet(folder / "activity-x.parquet")
