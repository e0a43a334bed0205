"""What a web worker reads of the products: from the host's own file, in a few microseconds."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path

import msgspec

from bandit.products.filters import Wanted
from bandit.products.product import Product
from service.products import table
from service.products.buckets import bucket_of, decode

LAST = "\U0010ffff"  # after every character
LOOK_AFTER = 16  # calls; a look whether another file stands there takes a fifth of a call

_ROW = "SELECT row FROM product WHERE bucket = ? AND id = ?"
_FAULTS = (OSError, sqlite3.Error)


class Products:
    """The products of this host. A file that is not there, or is damaged, is as if it were empty.

    Any thread may use it. A file that is put in its place is seen within LOOK_AFTER calls.
    """

    def __init__(self, folder: Path) -> None:
        """
        folder  of everything kept on this machine
        """
        self._path = folder / table.NAME
        self._name = os.fspath(self._path)
        self._lock = threading.Lock()
        self._sql: sqlite3.Connection | None = None
        self._cursor: sqlite3.Cursor | None = None
        self._file = 0  # number of the file that is open
        self._calls = 0

    def get(self, product_id: str) -> Product | None:
        """A product; None if there is none of that id."""
        with self._lock:
            try:
                found = self._opened().execute(_ROW, (bucket_of(product_id), product_id)).fetchone()
            except _FAULTS:
                self._close()
                return None
        try:
            return decode(found[0]) if found else None
        except msgspec.MsgspecError:  # see `_readable`
            return None

    def many(self, product_ids: Sequence[str]) -> list[Product | None]:
        """Products by their ids, in that order."""
        return [self.get(product_id) for product_id in product_ids]

    def some(self, asked: Wanted, count: int) -> list[Product]:
        """Up to `count` products that may be shown, by category, brand and price. Holds up nobody else."""
        question, given = _fitting(asked)
        try:
            sql = table.for_reading(self._path)
        except _FAULTS:
            return []
        try:
            return _readable(sql.execute(question, (*given, count)))
        except _FAULTS:
            return []
        finally:
            sql.close()

    def page(self, after: str, limit: int) -> list[Product]:
        """Up to `limit` products behind one, in an order of their own; "" begins."""
        condition = "WHERE (bucket, id) > (?, ?) " if after else ""
        asked = f"SELECT row FROM product {condition}ORDER BY bucket, id LIMIT ?"
        return _readable(self._asked(asked, (*(_place(after) if after else ()), limit)))

    @property
    def count(self) -> int:
        """How many there are."""
        return self._state()[0]

    @property
    def version(self) -> int:
        """Of the last change that is in the file; 0 if there is none."""
        return self._state()[1]

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._close()

    def _state(self) -> tuple[int, int]:
        found = self._asked("SELECT products, version FROM state", ())
        return (int(found[0][0]), int(found[0][1])) if found else (0, 0)

    def _asked(self, question: str, given: tuple[object, ...]) -> list[tuple[bytes, ...]]:
        with self._lock:
            try:
                return self._opened().execute(question, given).fetchall()
            except _FAULTS:
                self._close()
                return []

    def _opened(self) -> sqlite3.Cursor:
        self._calls += 1
        if self._cursor and self._calls % LOOK_AFTER:
            return self._cursor
        file = os.stat(self._name).st_ino
        if self._cursor is None or file != self._file:
            self._close()
            self._sql, self._file = table.for_reading(self._path), file
            self._cursor = self._sql.cursor()
        return self._cursor

    def _close(self) -> None:
        if self._sql is not None:
            self._sql.close()
        self._sql = self._cursor = None


def _readable(rows: Iterable[tuple[bytes, ...]]) -> list[Product]:
    """The products of rows; without those that this version cannot read, as after going back to an older one."""
    found = []
    for (row,) in rows:
        with suppress(msgspec.MsgspecError):
            found.append(decode(row))
    return found


def _fitting(asked: Wanted) -> tuple[str, list[object]]:
    """What `asked.takes` says, as SQL."""
    conditions = ["in_stock", "price BETWEEN ? AND ?"]
    given: list[object] = [asked.price_from, asked.price_to]
    if asked.categories:
        conditions.append("(" + " OR ".join(["(category >= ? AND category < ?)"] * len(asked.categories)) + ")")
        given += [end for category in asked.categories for end in (category, category + LAST)]
    if asked.brands:
        conditions.append(f"brand IN ({', '.join('?' * len(asked.brands))})")
        given += sorted(asked.brands)
    found = "SELECT row FROM trait CROSS JOIN product USING (bucket, id)"  # in that order
    return f"{found} WHERE {' AND '.join(conditions)} LIMIT ?", given


def _place(product_id: str) -> tuple[int, str]:
    return bucket_of(product_id), product_id
