"""Keeps the file of a host in step with the store; one process of a host does."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

import msgspec
import structlog

from bandit.errors import Damaged
from bandit.products.filters import path
from bandit.products.product import Product
from service.products import table
from service.products.buckets import BUCKETS, Rows, decode
from service.store.commands import START
from service.store.products import Bucket, Change, ProductStore

PIECE = 4  # buckets in one transaction: some 1,000 rows of a million products
LOOKS = 64  # buckets whose marks are compared at once
PIECES = 4  # of one round, so that its process gets to its other work, and a new change to its turn
SWEPT = 8  # buckets a round whose marks are compared though nobody told of a change
CHANGES = 100  # read at once

log = structlog.get_logger(__name__)


class Keeping:
    """The file of one host. For one thread; to be called again and again."""

    def __init__(self, store: ProductStore, folder: Path) -> None:
        """
        folder  of everything kept on this machine
        """
        self._store = store
        self._folder = folder
        self._sql: sqlite3.Connection | None = None
        self._told: list[Change] = []  # changes whose buckets wait
        self._waiting: dict[int, None] = {}  # buckets to look at, in order
        self._marks: dict[int, bytes] = {}  # of the buckets in the file
        self._swept = 0
        self._position = START

    def round(self) -> int:
        """Bring some buckets up to date; how many were. More than 0: there may be more, call again.

        Raises StoreAway, sqlite3.Error if the disk is at fault, and goes on where it was the next time.
        """
        try:
            return self._round(self._opened())
        except sqlite3.DatabaseError as fault:
            self.close()
            if not isinstance(fault, sqlite3.OperationalError):  # the file itself is damaged
                log.error("products_file_damaged", reason=str(fault))
                table.remove(self._folder)
                return 1
            raise

    @property
    def waiting(self) -> int:
        """Buckets that are known to be behind."""
        return len(self._waiting)

    def close(self) -> None:
        """Let go of the file."""
        if self._sql:
            self._sql.close()
        self._sql = None

    def _round(self, sql: sqlite3.Connection) -> int:
        self._read_changes()
        self._sweep()
        done = 0
        for _ in range(PIECES):
            stale = self._stale()[:PIECE]
            if stale:
                self._write(sql, stale)
                done += len(stale)
            if not self._waiting:
                break
        if not self._waiting and self._told:
            last = self._told[-1]
            sql.execute("UPDATE state SET position = ?, version = ?", (last.position, last.version))
            self._told = []
        return done

    def _opened(self) -> sqlite3.Connection:
        if self._sql and (self._folder / table.NAME).exists():
            return self._sql
        self.close()
        sql = table.for_writing(self._folder)
        found = sql.execute("SELECT position FROM state").fetchone()
        if found is None:
            sql.execute("INSERT INTO state VALUES (?, 0, 0)", (START,))
        self._sql, self._position = sql, START
        self._told, self._waiting = [], {}
        self._marks = dict(sql.execute("SELECT number, mark FROM bucket"))
        return sql

    def _read_changes(self) -> None:
        """Note what changed since the last look; at first, all there is."""
        if self._position == START:
            self._position = self._store.last()
            version = self._store.version()
            self._told = [Change(self._position, version, ())]
            self._waiting = dict.fromkeys(range(BUCKETS))
            return
        found = self._store.changes(self._position, count=CHANGES)
        for change in found:
            self._waiting = dict.fromkeys(change.buckets) | self._waiting  # the newest first: somebody looks at it
            self._position = change.position
        self._told += found

    def _sweep(self) -> None:
        """Look at a few buckets, too, that nobody told of."""
        self._waiting |= dict.fromkeys(range(self._swept, self._swept + SWEPT))
        self._swept = (self._swept + SWEPT) % BUCKETS

    def _stale(self) -> list[int]:
        """Of those that wait the first ones that are not as the store has them; the others wait no longer."""
        wanted = list(islice(self._waiting, LOOKS))
        stale = []
        for bucket, mark in zip(wanted, self._store.marks(wanted), strict=True):
            if mark == self._marks.get(bucket, b""):
                del self._waiting[bucket]
            else:
                stale.append(bucket)
        return stale

    def _write(self, sql: sqlite3.Connection, stale: list[int]) -> None:
        found = list(self._found(stale))
        with _transaction(sql):
            for bucket, held in found:
                _write(sql, bucket, held)
        self._marks |= {bucket: held.mark for bucket, held in found}
        for bucket in stale:
            del self._waiting[bucket]

    def _found(self, buckets: list[int]) -> Iterator[tuple[int, Bucket]]:
        """What stands in buckets; one that is damaged is told and left as it is here."""
        try:
            yield from zip(buckets, self._store.buckets(buckets), strict=True)
        except Damaged:
            for bucket in buckets:
                try:
                    yield bucket, self._store.buckets([bucket])[0]
                except Damaged as fault:
                    log.error("products_damaged", bucket=bucket, reason=str(fault))


def _write(sql: sqlite3.Connection, bucket: int, held: Bucket) -> None:
    before: Rows = dict(sql.execute("SELECT id, row FROM product WHERE bucket = ?", (bucket,)))
    changed, traits = _changed(bucket, held.rows, before)
    count = len(before.keys() & held.rows.keys() | changed.keys())
    gone = [(bucket, name) for name in before.keys() - held.rows.keys()]
    sql.executemany("DELETE FROM product WHERE bucket = ? AND id = ?", gone)
    sql.executemany("DELETE FROM trait WHERE bucket = ? AND id = ?", gone)
    rows = [(bucket, name, row) for name, row in changed.items()]
    sql.executemany("INSERT OR REPLACE INTO product VALUES (?, ?, ?)", rows)
    sql.executemany("INSERT OR REPLACE INTO trait VALUES (?, ?, ?, ?, ?, ?, ?)", traits)
    sql.execute("INSERT OR REPLACE INTO bucket VALUES (?, ?, ?)", (bucket, held.mark, count))
    sql.execute("UPDATE state SET products = products + ?", (count - len(before),))


def _changed(bucket: int, held: Rows, before: Rows) -> tuple[Rows, list[tuple[object, ...]]]:
    """Rows that are not as before, and what is looked for in each; one that cannot be read, as of a newer version of
    this, is told and left as it is here."""
    rows: Rows = {}
    traits = []
    for name in sorted(name for name, row in held.items() if before.get(name) != row):
        try:
            traits.append(_traits(bucket, decode(held[name])))
        except msgspec.MsgspecError as fault:
            log.error("products_damaged", bucket=bucket, product=name, reason=str(fault))
        else:
            rows[name] = held[name]
    return rows, traits


def _traits(bucket: int, product: Product) -> tuple[object, ...]:
    in_stock = product.availability == "in_stock"
    category, brand = path(product.category), product.brand.casefold()
    return bucket, product.id, category, brand, product.paid.value, in_stock, product.added


@contextmanager
def _transaction(sql: sqlite3.Connection) -> Iterator[None]:
    sql.execute("BEGIN IMMEDIATE")
    try:
        yield
        sql.execute("COMMIT")
    except BaseException:
        if sql.in_transaction:
            sql.execute("ROLLBACK")
        raise
