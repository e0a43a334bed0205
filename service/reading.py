"""A policy's log in portions that fit into memory, whatever the size of an entry."""

from __future__ import annotations

from service.store import LogEntry, Store

ENTRIES = 500  # read at once at most; a commit waits for one portion
BYTES = 8 * 2**20  # of a portion, about; an entry over 10,000 candidates may take a MB
FIRST = 8  # entries, while their size is not known


class LogReader:
    """Reads on from any position; how much at once follows from the size of what it read before."""

    def __init__(self, store: Store, policy: str) -> None:
        self._store = store
        self._policy = policy
        self._count = FIRST
        self.more = False  # whether the last portion may have left something

    def behind(self, position: str) -> list[LogEntry]:
        """The next entries behind a position; none at the end of the log. Raises StoreAway."""
        entries = self._store.log(self._policy, position, count=self._count)
        self.more = len(entries) == self._count
        if self.more:
            size = sum([len(entry.stored) for entry in entries])
            self._count = max(1, min(ENTRIES, 8 * self._count, self._count * BYTES // max(size, 1)))
        return entries
