"""Makes the tables that products are matched by, of what users did lately and of the products of this host."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl

from bandit.matching.tables import Deeds, Described, Tables, tables
from bandit.products.product import Product
from bandit.profiles.words import words
from service.books.activity_archive import SCHEMA
from service.products.reading import Products

DAYS = 90  # of what users did; older taste says little of what is near
PAGE = 2_000  # products read at once
WORDED = 24  # words of a product that count


def make(data: Path, now: float) -> Tables:
    """The tables as of now.

    data  folder of everything kept on this machine
    now   seconds since 1970
    """
    products = Products(data)
    try:
        return tables(deeds(data / "archive", now), described(products), now)
    finally:
        products.close()


def deeds(archive: Path, now: float) -> Deeds:
    """What users did with products in the last DAYS."""
    first = (datetime.fromtimestamp(now, UTC) - timedelta(days=DAYS)).date().isoformat()
    paths = [
        path
        for path in sorted((archive / "activity").glob("date=*/activity-*.parquet"))
        if path.parent.name.removeprefix("date=") >= first
    ]
    wanted = ["user", "product", "kind", "occurred"]
    scanned = pl.scan_parquet(paths, hive_partitioning=False) if paths else pl.LazyFrame(schema=SCHEMA)
    rows = scanned.filter(pl.col("product") != "").select(wanted).collect()
    return Deeds(
        users=rows["user"].to_list(),
        products=rows["product"].to_list(),
        kinds=rows["kind"].to_list(),
        times=rows["occurred"].dt.epoch("us").to_numpy() / 1e6,
    )


def described(products: Products) -> Described:
    """What the feed says of each product."""
    ids: list[str] = []
    categories: list[str] = []
    worded: list[list[int]] = []
    added: list[float] = []
    in_stock: list[bool] = []
    numbers: dict[str, int] = {}
    for product in _all(products):
        ids.append(product.id)
        categories.append(product.category)
        text = f"{product.title} {product.brand} {product.category}"
        worded.append([numbers.setdefault(word, len(numbers)) for word in words(text)[:WORDED]])
        added.append(product.added)
        in_stock.append(product.availability == "in_stock")
    return Described(ids, categories, worded, np.array(added, np.float64), np.array(in_stock, np.bool_))


def _all(products: Products) -> Iterator[Product]:
    after = ""
    while page := products.page(after, PAGE):
        yield from page
        after = page[-1].id
