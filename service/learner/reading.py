"""A policy's log in portions that fit into memory, whatever the size of an entry.

Where a replica has taken over from its master, the last entries read may be gone; shipped again, they come again
further on. So each portion is read from the last entry of the one before on, and refused if that is gone.
"""

from __future__ import annotations

from bandit.errors import AdbanditError
from service.store.commands import LogEntry, Store

ENTRIES = 500  # read at once at most; a commit waits for one portion
BYTES = 8 * 2**20  # of a portion, about; an entry over 10,000 candidates may take a MB
FIRST = 8  # entries, while their size is not known


class LogLost(AdbanditError):
    """The log does not hold any more what was read of it. Go on from the snapshot, which is of the log as it is now."""


class LogReader:
    """Reads on from any position; how much at once follows from the size of what it read before."""

    def __init__(self, store: Store, policy: str) -> None:
        self._store = store
        self._policy = policy
        self._count = FIRST
        self._last = LogEntry("", b"")  # read
        self.more = False  # whether the last portion may have left something

    def behind(self, position: str) -> list[LogEntry]:
        """The next entries behind a position; none at the end of the log. Raises StoreAway, LogLost."""
        if position == self._last.position:
            entries = self._store.log_from(self._policy, position, count=self._count + 1)
            if entries[:1] != [self._last]:
                raise LogLost(f"{position} was read from the log of {self._policy!r} and is gone")
            entries = entries[1:]
        else:
            entries = self._store.log(self._policy, position, count=self._count)
        self._last = entries[-1] if entries else self._last
        self.more = len(entries) == self._count
        if self.more:
            size = sum([len(entry.stored) for entry in entries])
            self._count = max(1, min(ENTRIES, 8 * self._count, self._count * BYTES // max(size, 1)))
        return entries
