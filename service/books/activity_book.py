"""The books of the log of activity: what users did, into their states and into the archive."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import structlog

from bandit.errors import Damaged
from bandit.join import order
from bandit.profiles.activity import LOG, Activity, ActivityEntry, Joined
from bandit.profiles.codec import decode
from bandit.profiles.names import Entry
from bandit.profiles.once import Once
from service.books.activity_archive import WAITING_ROWS, ActivityArchive
from service.books.policy_book import COMMIT_S, HEARTBEAT_S, before
from service.books.states import States, Step
from service.learner.learning import Overtaken
from service.learner.reading import LogReader
from service.store.books import Books
from service.store.commands import START, LogEntry, Store

log = structlog.get_logger(__name__)


class ActivityBook:
    """The log of activity, as state between rounds."""

    def __init__(
        self,
        store: Store,
        states: States,
        archive: Path,
        elapsed: Callable[[], float],
        *,
        archive_s: float,
        keep_log: bool = False,
    ) -> None:
        """Raises StoreAway."""
        self._store = store
        self._books = Books(store)
        self._states = states
        self._archive = ActivityArchive(archive)
        self._elapsed = elapsed
        self._archive_s = archive_s
        self._keep_log = keep_log
        self._reader = LogReader(store, LOG)
        self._committed_at = float("-inf")
        self._archived_at = elapsed()
        fields = self._books.of(LOG)
        known, needed, self._archived, self._upto = (
            fields.get(name, START.encode()).decode() for name in ("known", "needed", "archived", "upto")
        )
        self._committed = fields.get("read", b"").decode()
        self.read = self._committed or START
        self._once = Once(known)
        if self._committed:  # what a store that was emptied knows nothing of is archived nevertheless
            self._archive.settle(self._archived)
        self._remember(needed)

    @property
    def more(self) -> bool:
        """Whether the last round left something in the log."""
        return self._reader.more

    @property
    def joining(self) -> bool:
        """Whether names were being joined when the books were left: that is to be ended before anything else."""
        return order(self.read) < order(self._upto)

    def round(self) -> list[LogEntry]:
        """Take in what is new; those entries. Raises StoreAway, LogLost, Contended or Overtaken: make it anew then."""
        entries = self._reader.behind(self.read)
        steps: list[Step] = [
            (position, entry) for position, stored in entries if (entry := self._new(position, stored))
        ]
        if any(isinstance(entry, Joined) for _, entry in steps) and order(self._upto) < order(entries[-1].position):
            self._upto = entries[-1].position
            self._commit({"upto": self._upto.encode()})
        self._take(steps)
        if entries:
            self.read = entries[-1].position
        now = self._elapsed()
        full = self._archive.waiting >= WAITING_ROWS
        if full or (self._archive.waiting and now - self._archived_at >= self._archive_s):
            self._put_away()
        elif now - self._committed_at >= (COMMIT_S if self.read != self._committed else HEARTBEAT_S):
            self.commit()
        return entries

    def commit(self) -> None:
        """Note how far the log is taken in. Raises StoreAway or Overtaken."""
        if not self._archive.waiting:
            self._archived = self.read
        known = self._once.known_from(self.read)
        needed = min(known, self._archived, key=order)
        self._commit({
            "read": self.read.encode(), "needed": needed.encode(), "known": known.encode(),
            "archived": self._archived.encode(),
        })  # fmt: skip
        self._committed = self.read

    def finish(self) -> None:
        """Commit, with all that waits in the archive. Raises as `commit` does."""
        self._put_away()

    def _commit(self, fields: dict[str, bytes]) -> None:
        if not self._books.commit(LOG, fields, after=self._committed):
            raise Overtaken("another bookkeeper has gone on with the log of activity")
        self._committed_at = self._elapsed()

    def _put_away(self) -> None:
        """Write the archive, and forget what nobody needs."""
        written = self._archive.write()
        try:
            self.commit()
        except Overtaken:
            for path in written:
                path.unlink(missing_ok=True)
            raise
        self._archived_at = self._elapsed()
        if not self._keep_log:
            self._store.trim(LOG, self.read)

    def _take(self, steps: list[Step]) -> None:
        self._states.take(LOG, steps)
        for position, entry in steps:
            self._keep(position, entry)

    def _remember(self, needed: str) -> None:
        """Read again what is taken in already: for ids not to count twice, and for what no file has yet."""
        after = before(needed)
        while order(after) < order(self.read) and (entries := self._reader.behind(after)):
            for position, stored in entries:
                if order(position) <= order(self.read) and (entry := self._new(position, stored)):
                    self._keep(position, entry)
            after = entries[-1].position

    def _new(self, position: str, stored: bytes) -> ActivityEntry | None:
        try:
            entry = decode(stored)
        except Damaged as fault:
            log.error("entry_set_aside", policy=LOG, position=position, reason=str(fault))
            return None
        # Names may be joined again, as after a user was erased, and it does no harm.
        return entry if isinstance(entry, Joined) or self._once.new(position, entry.id) else None

    def _keep(self, position: str, entry: Entry) -> None:
        if isinstance(entry, Activity) and order(position) > order(self._archived):
            self._archive.add(position, entry)
