"""What products are matched by, as any process of this host reads it."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import msgspec

from bandit.matching.tables import NO_TABLES, Names, Tables
from service.matching.kept import FILE
from service.store.matching import Lists, chunk_of

_lists = msgspec.msgpack.Decoder(Lists)
_names = msgspec.msgpack.Decoder(Names)


class Matching:
    """The host's copy; empty until there is one. For one thread, but for `lists`."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE
        self._sql: sqlite3.Connection | None = None
        self._version = 0
        self.lists: Tables = NO_TABLES  # what is sought and what is new; swapped in whole

    def look(self) -> None:
        """Take in newer lists, if there are any."""
        packed = self._one("SELECT packed FROM lists WHERE version != ?", (self._version,))
        if packed:
            found = _lists.decode(packed)
            self.lists, self._version = found.tables(), found.version

    def related(self, product: str) -> Names:
        """A product's neighbours, the nearest first."""
        found = self._one("SELECT near FROM related WHERE chunk = ? AND product = ?", (chunk_of(product), product))
        return _names.decode(found) if found else ()

    def close(self) -> None:
        if self._sql is not None:
            self._sql.close()
            self._sql = None

    def _one(self, asked: str, given: tuple[object, ...]) -> bytes | None:
        """What the first row says; None, too, where there is no file yet, or none that can be read."""
        try:
            if self._sql is None:
                if not self._path.exists():
                    return None
                uri = f"{self._path.absolute().as_uri()}?mode=rw"
                self._sql = sqlite3.connect(uri, uri=True, check_same_thread=False)
                self._sql.execute("PRAGMA query_only=1")  # mode=ro could not open it while nobody writes
            found = self._sql.execute(asked, given).fetchone()
            return bytes(found[0]) if found else None
        except sqlite3.Error:
            self.close()
            return None
