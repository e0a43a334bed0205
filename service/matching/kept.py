"""This host's copy of what products are matched by: a SQLite file, written by one process and read by many."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from pathlib import Path

import msgspec

from bandit.matching.tables import Names
from service.store.matching import CHUNKS, Lists, MatchingStore

FILE = "matching.sqlite"
BUSY_S = 1.0  # longest wait for the writer

_SCHEMA = """
CREATE TABLE IF NOT EXISTS related (
    chunk INTEGER NOT NULL,
    product TEXT NOT NULL,
    near BLOB NOT NULL,                     -- msgpack: ids, the nearest first
    PRIMARY KEY (chunk, product)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS lists (one INTEGER PRIMARY KEY CHECK (one = 1), version INTEGER, packed BLOB);
"""


class Keeper:
    """Brings the copy up to date, a chunk at a time, so that whoever calls is not held up."""

    def __init__(self, store: MatchingStore, folder: Path) -> None:
        self._store = store
        folder.mkdir(parents=True, exist_ok=True)
        self._sql = sqlite3.connect(folder / FILE, timeout=BUSY_S, isolation_level=None)
        self._sql.execute("PRAGMA journal_mode=WAL")
        self._sql.execute("PRAGMA synchronous=OFF")
        self._sql.executescript(_SCHEMA)
        self._coming: Lists | None = None  # whose chunks are being copied
        self._next = 0  # chunk

    def round(self) -> bool:
        """Copy the next piece of what was published; whether there is more. Raises StoreAway, Damaged."""
        if self._coming is None:
            found = self._store.lists()
            if found is None or found.version == self._version():
                return False
            self._coming, self._next = found, 0
        if self._next < CHUNKS:
            self._copy(self._next, self._store.chunk(self._next))
            self._next += 1
            return True
        packed = msgspec.msgpack.encode(self._coming)
        self._sql.execute("INSERT OR REPLACE INTO lists VALUES (1, ?, ?)", (self._coming.version, packed))
        self._coming = None
        return False

    def close(self) -> None:
        self._sql.close()

    def _version(self) -> int:
        found = self._sql.execute("SELECT version FROM lists").fetchone()
        return int(found[0]) if found else 0

    def _copy(self, chunk: int, related: Mapping[str, Names]) -> None:
        rows = [(chunk, product, msgspec.msgpack.encode(near)) for product, near in related.items()]
        self._sql.execute("BEGIN IMMEDIATE")
        try:
            self._sql.execute("DELETE FROM related WHERE chunk = ?", (chunk,))
            self._sql.executemany("INSERT INTO related VALUES (?, ?, ?)", rows)
            self._sql.execute("COMMIT")
        except BaseException:
            if self._sql.in_transaction:
                self._sql.execute("ROLLBACK")
            raise
