"""What this host accepted and has not shipped yet, where something may come only once: a SQLite file.

Events, and decisions that carry the caller's request id, go to one file that all workers of a host share; its
unique keys make a repeat visible at once. All other decisions go to the workers' journals. Nothing here waits for
Redis. A killed process costs nothing; a power cut may cost the last moments, since synchronous is OFF.
"""

from __future__ import annotations

import sqlite3
import threading
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from service.processes import boot_id

SHARED = "shared.sqlite"
BUSY_S = 5.0  # longest wait for another worker's append

JUMP = 2**32  # rows; more than can be lost at once

_SCHEMA = """
CREATE TABLE IF NOT EXISTS row (
    id INTEGER PRIMARY KEY,                 -- rising; the last row is never deleted, so no id is used twice
    policy TEXT NOT NULL,
    time REAL NOT NULL,                     -- accepted, seconds since 1970
    entry BLOB NOT NULL,                    -- bandit.codec
    key TEXT,                               -- what may come only once, or null
    answer BLOB                             -- what was answered to the request with this key
);
CREATE UNIQUE INDEX IF NOT EXISTS once ON row (key) WHERE key IS NOT NULL;
CREATE TABLE IF NOT EXISTS file (
    id TEXT NOT NULL,                       -- of this file, for positions kept elsewhere
    shipped INTEGER NOT NULL,               -- last row known to stand in the log
    boot TEXT NOT NULL                      -- run of the machine it was last opened in
);
"""


class Row(NamedTuple):
    id: int
    policy: str
    time: float
    entry: bytes


class Outbox:
    """One file. Safe to use from several threads."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        self._sql = sqlite3.connect(path, timeout=BUSY_S, isolation_level=None, check_same_thread=False)
        self._sql.execute("PRAGMA journal_mode=WAL")
        self._sql.execute("PRAGMA synchronous=OFF")
        self._sql.executescript("BEGIN IMMEDIATE;" + _SCHEMA + "COMMIT;")
        self.id = self._opened(boot_id())

    def append_once(self, policy: str, time: float, entry: bytes, key: str, answer: bytes) -> bytes:
        """Write one row unless its key is known; the answer that stands for the key, old or new."""
        with self._lock:
            new = self._insert(policy, time, entry, key, answer)
            if new:
                return answer
            found: bytes = self._sql.execute("SELECT answer FROM row WHERE key = ?", (key,)).fetchone()[0]
            return found

    def answer(self, key: str) -> bytes | None:
        """What was answered to the request with this key, or None."""
        with self._lock:
            found = self._sql.execute("SELECT answer FROM row WHERE key = ?", (key,)).fetchone()
        return found[0] if found else None

    def append_new(self, rows: Iterable[tuple[str, float, bytes, str]]) -> list[bool]:
        """Write (policy, time, entry, key) rows in one transaction; says for each whether its key was new."""
        with self._lock, self._transaction():
            return [self._insert(*row, None) for row in rows]

    def after(self, row_id: int, limit: int, until: float = float("inf")) -> list[Row]:
        """Up to `limit` rows behind `row_id`, at least all accepted no later than `until`, in the order written.

        A later one may stand before those, if the clock stepped back; it then comes with them.
        """
        with self._lock:
            found = self._sql.execute(
                "SELECT id, policy, time, entry FROM row WHERE id > ? AND policy != '' ORDER BY id LIMIT ?",
                (row_id, limit),
            ).fetchall()
        rows = [Row(*row) for row in found]
        if len(rows) == limit and all(row.time > until for row in rows):
            return rows  # what stands behind them is not known
        while rows and rows[-1].time > until:
            rows.pop()
        return rows

    def backlog(self) -> int:
        """Rows that are not known to stand in the log."""
        with self._lock:
            waiting = "SELECT count(*) FROM row WHERE id > (SELECT shipped FROM file) AND policy != ''"
            return int(self._sql.execute(waiting).fetchone()[0])

    def mark_shipped(self, row_id: int, forget: int) -> None:
        """Note that all rows up to `row_id` stand in the log, and delete those up to `forget`, at most `row_id`."""
        with self._lock, self._transaction():
            self._sql.execute("UPDATE file SET shipped = ?", (row_id,))
            self._sql.execute("DELETE FROM row WHERE id <= ? AND id < (SELECT max(id) FROM row)", (forget,))

    def held_bytes(self) -> int:
        """What rows and index take; the file itself never shrinks, but fills its gaps before it grows."""
        with self._lock:
            pages, free, size = (
                int(self._sql.execute(f"PRAGMA {what}").fetchone()[0])
                for what in ("page_count", "freelist_count", "page_size")
            )
        return (pages - free) * size

    def _opened(self, boot: str) -> str:
        """The file's id. After a start of the machine, row numbers jump: a power cut may have taken rows that were
        shipped already, and their numbers, if used again, would be taken for theirs.
        """
        self._sql.execute("BEGIN IMMEDIATE")
        found = self._sql.execute("SELECT id, boot FROM file").fetchone()
        if found is None:
            found = uuid.uuid4().hex, boot
            self._sql.execute("INSERT INTO file VALUES (?, 0, ?)", found)
        elif found[1] != boot:
            jump = "INSERT INTO row (id, policy, time, entry) SELECT coalesce(max(id), 0) + ?, '', 0, x'' FROM row"
            self._sql.execute(jump, (JUMP,))
            self._sql.execute("UPDATE file SET boot = ?", (boot,))
        self._sql.execute("COMMIT")
        return str(found[0])

    def close(self) -> None:
        with self._lock:
            self._sql.close()

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        """All that is executed inside, or nothing. One left open would lock out every worker."""
        self._sql.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._sql.execute("COMMIT")
        except BaseException:
            if self._sql.in_transaction:  # a full disk may have ended it already
                self._sql.execute("ROLLBACK")
            raise

    def _insert(self, policy: str, time: float, entry: bytes, key: str, answer: bytes | None) -> bool:
        written = self._sql.execute(
            "INSERT OR IGNORE INTO row (policy, time, entry, key, answer) VALUES (?, ?, ?, ?, ?)",
            (policy, time, entry, key, answer),
        )
        return written.rowcount == 1


def shared(folder: Path) -> Outbox:
    """The outbox that all workers of this host write events to."""
    folder.mkdir(parents=True, exist_ok=True)
    return Outbox(folder / SHARED)
