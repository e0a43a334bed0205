"""The products of the store as a feed, which imported again changes nothing."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from typing import BinaryIO

from bandit.products.product import Product
from service.products.buckets import BUCKETS, decode
from service.products.feeds import merchant, objects, tables
from service.products.feeds.opening import Format
from service.store.products import AT_ONCE, ProductStore


def products(store: ProductStore) -> Iterator[Product]:
    """All of them, a few buckets at a time."""
    for at in range(0, BUCKETS, AT_ONCE):
        for bucket in store.buckets(range(at, at + AT_ONCE)):
            for _, row in sorted(bucket.rows.items()):
                yield decode(row)


def write(found: Iterable[Product], to: BinaryIO, format: Format) -> int:
    """Products as a feed; how many there were."""
    counted = _Counted(found)
    _write(counted, to, format)
    return counted.count


def _write(found: Iterable[Product], to: BinaryIO, format: Format) -> None:
    if format is Format.XML:
        merchant.write(found, to)
    elif format is Format.JSON:
        objects.write_array(found, to)
    elif format is Format.NDJSON:
        objects.write_lines(found, to)
    else:
        sheet = io.TextIOWrapper(to, "utf-8", newline="")
        tables.write(found, sheet, delimiter="\t" if format is Format.TSV else ",")
        sheet.detach()


class _Counted:
    def __init__(self, found: Iterable[Product]) -> None:
        self._found = found
        self.count = 0

    def __iter__(self) -> Iterator[Product]:
        for product in self._found:
            self.count += 1
            yield product
