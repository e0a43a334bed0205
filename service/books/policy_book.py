"""The books of one policy's log: what happened to its ads, into the states of users and the accounts of campaigns."""

from __future__ import annotations

from collections.abc import Callable

import structlog

from bandit.catalog import Campaign, Catalog
from bandit.codec import decode
from bandit.config import Policy
from bandit.errors import Damaged
from bandit.happenings import Happened, Happenings
from bandit.join import order
from bandit.pacing.spending import Spending
from bandit.profiles.seen import seen_by
from bandit.records import Event
from bandit.shelf import Shelf, lay_out
from service.books.states import States, Step
from service.catalogs import Catalogs
from service.learner.learning import SHELVES, Overtaken
from service.learner.reading import LogReader
from service.store.books import Books
from service.store.commands import START, LogEntry, Store

COMMIT_S = 1.0  # between commits: what campaigns spend may be long to write, and states know themselves where they are
HEARTBEAT_S = 60.0  # between commits where nothing happens

log = structlog.get_logger(__name__)


class PolicyBook:
    """One policy's books, as state between rounds."""

    def __init__(
        self,
        policy: str,
        store: Store,
        catalogs: Catalogs,
        states: States,
        elapsed: Callable[[], float],
    ) -> None:
        """Raises StoreAway, or Damaged for books that cannot be read."""
        self.policy = policy
        self._books = Books(store)
        self._catalogs = catalogs
        self._states = states
        self._elapsed = elapsed
        self._reader = LogReader(store, policy)
        self._known_catalogs: dict[int, Catalog] = {}
        self._shelves: dict[int, Shelf] = {}
        self._committed_at = float("-inf")
        self.caught_up = False  # whether all that stood in the log when this was made is taken in
        self.until = 0.0  # newest time that a decision or tick taken in was accepted at, seconds since 1970
        fields = self._books.of(policy)
        self._committed = fields.get("read", b"").decode()
        self.read = self._committed or START
        self._happenings = Happenings(self._shelf, fields.get("known", START.encode()).decode())
        spent = fields.get("spending")
        self.spending = Spending.from_bytes(spent, self._campaign) if spent else Spending(self._campaign)
        self._remember(fields.get("needed", START.encode()).decode())

    @property
    def more(self) -> bool:
        """Whether the last round left something in the log."""
        return self._reader.more

    def round(self) -> list[LogEntry]:
        """Take in what is new; those entries. Raises StoreAway, LogLost, Contended or Overtaken: make it anew then."""
        entries = self._reader.behind(self.read)
        steps: list[Step] = []
        for position, stored in entries:
            happened = self._happened(position, stored)
            for one in happened:
                self.spending.step(one)
            steps += [(position, seen) for seen in seen_by(happened)]
        self._states.take(self.policy, steps)
        if entries:
            self.read = entries[-1].position
        self.caught_up = self.caught_up or not self.more
        waited_s = self._elapsed() - self._committed_at
        if waited_s >= (COMMIT_S if self.read != self._committed else HEARTBEAT_S):
            self.commit()
        return entries

    def commit(self) -> None:
        """Note how far the log is taken in, with what campaigns spent. Raises StoreAway or Overtaken."""
        fields = {
            "read": self.read.encode(),
            "needed": self._happenings.needed_from(self.read).encode(),
            "known": self._happenings.known_from(self.read).encode(),
            "spending": self.spending.sums_to_bytes(),
        }
        if not self._books.commit(self.policy, fields, after=self._committed):
            raise Overtaken(f"another bookkeeper has gone on with {self.policy!r}")
        self._committed, self._committed_at = self.read, self._elapsed()

    def _remember(self, needed: str) -> None:
        """Read again what is taken in already, to know the decisions that may still be heard of."""
        after = before(needed)
        while order(after) < order(self.read) and (entries := self._reader.behind(after)):
            for position, stored in entries:
                if order(position) <= order(self.read):
                    for one in self._happened(position, stored):
                        self.spending.recall(one)
            after = entries[-1].position

    def _happened(self, position: str, stored: bytes) -> list[Happened]:
        try:
            entry = decode(stored)
            if not isinstance(entry, Event):
                self.until = max(self.until, entry.time)
            return self._happenings.fold(position, entry)
        except Damaged as fault:
            log.error("entry_set_aside", policy=self.policy, position=position, reason=str(fault), by="bookkeeper")
            return []

    def _catalog(self, version: int) -> Catalog:
        """Raises Damaged."""
        if version not in self._known_catalogs:
            if len(self._known_catalogs) >= SHELVES:
                del self._known_catalogs[next(iter(self._known_catalogs))]
            try:
                self._known_catalogs[version] = self._catalogs.at(version)
            except KeyError:
                raise Damaged(f"there is no catalog version {version}") from None
        return self._known_catalogs[version]

    def _shelf(self, version: int) -> Shelf:
        if version not in self._shelves:
            if len(self._shelves) >= SHELVES:
                del self._shelves[next(iter(self._shelves))]
            catalog = self._catalog(version)
            policy: Policy | None = next((one for one in catalog.policies if one.id == self.policy), None)
            if policy is None:
                raise Damaged(f"catalog version {version} has no policy {self.policy!r}")
            self._shelves[version] = lay_out(catalog, policy)
        return self._shelves[version]

    def _campaign(self, version: int, campaign: str) -> Campaign | None:
        try:
            return next((one for one in self._catalog(version).campaigns if one.id == campaign), None)
        except Damaged:
            return None


def before(position: str) -> str:
    """The position just before another.

    >>> before("5-1"), before("5-0")
    ('5-0', '4-18446744073709551615')
    """
    ms, sequence = order(position or START)
    return f"{ms}-{sequence - 1}" if sequence else f"{max(ms - 1, 0)}-{2**64 - 1 if ms else 0}"
