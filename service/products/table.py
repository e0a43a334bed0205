"""The file of products that each host has, `<data>/products.sqlite`: a copy of what the store has, made anew at will.

A product lies by bucket and id, so that a bucket is read and written in one piece. There is no index: one by category
made a bucket ten times as long to write.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path

NAME = "products.sqlite"
BUSY_S = 5.0  # longest wait for another writer, which there should be none of
CHECKPOINT = 8_000  # pages of 4 kB in that log before they go into the file: each time the disk is waited for
WAL_BYTES = 64 * 1024**2  # that the log beside the file shrinks to

SCHEMA = """
CREATE TABLE IF NOT EXISTS product (
    bucket INTEGER NOT NULL,                -- service.products.buckets.bucket_of(id)
    id TEXT NOT NULL,
    row BLOB NOT NULL,                      -- the product, MessagePack
    PRIMARY KEY (bucket, id)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS trait (          -- what is looked for; a million rows are gone through in some 0.2 s
    bucket INTEGER NOT NULL,
    id TEXT NOT NULL,
    category TEXT NOT NULL,                 -- as bandit.products.filters.path has it
    brand TEXT NOT NULL,                    -- in small letters
    price REAL NOT NULL,                    -- what it costs now, in its own currency
    in_stock INTEGER NOT NULL,
    added REAL NOT NULL,                    -- seconds since 1970
    PRIMARY KEY (bucket, id)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS bucket (
    number INTEGER PRIMARY KEY,
    mark BLOB NOT NULL,                     -- of what stands here, as the store has it
    products INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS state (
    position TEXT NOT NULL,                 -- of the last change that is in here
    version INTEGER NOT NULL,               -- that it made
    products INTEGER NOT NULL
);
"""


def for_writing(folder: Path) -> sqlite3.Connection:
    """The one connection that writes. Raises sqlite3.Error."""
    folder.mkdir(parents=True, exist_ok=True)
    sql = sqlite3.connect(folder / NAME, timeout=BUSY_S, isolation_level=None)
    try:
        sql.execute("PRAGMA journal_mode=WAL")
        sql.execute("PRAGMA synchronous=NORMAL")
        sql.execute(f"PRAGMA wal_autocheckpoint={CHECKPOINT}")
        sql.execute(f"PRAGMA journal_size_limit={WAL_BYTES}")
        sql.executescript("BEGIN IMMEDIATE;" + SCHEMA + "COMMIT;")
    except sqlite3.Error:
        sql.close()
        raise
    return sql


def for_reading(path: Path) -> sqlite3.Connection:
    """A connection that only reads, and never makes the file. Raises sqlite3.Error."""
    sql = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode=rw", uri=True, isolation_level=None, check_same_thread=False
    )
    sql.execute("PRAGMA query_only=1")  # mode=ro could not open it while nobody writes
    return sql


def remove(folder: Path) -> None:
    """Take the file away, with what stands beside it."""
    for end in ("", "-wal", "-shm"):
        (folder / f"{NAME}{end}").unlink(missing_ok=True)
