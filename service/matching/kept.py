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
        """
        folder  of everything kept on this machine
        """
        self._store = store
        self._path = folder / FILE
        self._sql: sqlite3.Connection | None = None
        self._coming: Lists | None = None  # whose chunks are being copied
        self._next = 0  # chunk

    def round(self) -> bool:
        """Copy the next piece of what was published; whether there is more.

        Raises StoreAway, Damaged, or sqlite3.Error if the disk is at fault.
        """
        try:
            return self._round(self._opened())
        except sqlite3.DatabaseError as fault:
            self.close()
            if not isinstance(fault, sqlite3.OperationalError):  # the file itself is damaged
                for end in ("", "-wal", "-shm"):
                    self._path.with_name(f"{FILE}{end}").unlink(missing_ok=True)
                return True
            raise

    def _round(self, sql: sqlite3.Connection) -> bool:
        if self._coming is None:
            found = self._store.lists()
            if found is None or found.version == _version(sql):
                return False
            self._coming, self._next = found, 0
        if self._next < CHUNKS:
            _copy(sql, self._next, self._store.chunk(self._next))
            self._next += 1
            return True
        packed = msgspec.msgpack.encode(self._coming)
        sql.execute("INSERT OR REPLACE INTO lists VALUES (1, ?, ?)", (self._coming.version, packed))
        self._coming = None
        return False

    def _opened(self) -> sqlite3.Connection:
        if self._sql is None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._sql = sqlite3.connect(self._path, timeout=BUSY_S, isolation_level=None)
            self._sql.execute("PRAGMA journal_mode=WAL")
            self._sql.execute("PRAGMA synchronous=OFF")
            self._sql.executescript(_SCHEMA)
        return self._sql

    def close(self) -> None:
        """Let go of the file; what was begun is begun again."""
        if self._sql is not None:
            self._sql.close()
        self._sql = self._coming = None


def _version(sql: sqlite3.Connection) -> int:
    found = sql.execute("SELECT version FROM lists").fetchone()
    return int(found[0]) if found else 0


def _copy(sql: sqlite3.Connection, chunk: int, related: Mapping[str, Names]) -> None:
    rows = [(chunk, product, msgspec.msgpack.encode(near)) for product, near in related.items()]
    sql.execute("BEGIN IMMEDIATE")
    try:
        sql.execute("DELETE FROM related WHERE chunk = ?", (chunk,))
        sql.executemany("INSERT INTO related VALUES (?, ?, ?)", rows)
        sql.execute("COMMIT")
    except BaseException:
        if sql.in_transaction:
            sql.execute("ROLLBACK")
        raise
