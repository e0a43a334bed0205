"""The learner of one policy: reads the log, folds it, publishes weights, archives, trims.

Everything it does follows from the log, so being killed at any instant only means reading a part of it again. It is
made by who holds the policy's lease, and a commit says so: whoever was overtaken changes nothing, however late it
wakes.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import msgspec
import numpy as np
import structlog

from bandit.codec import decode
from bandit.config import Policy
from bandit.errors import AdbanditError, Damaged, SnapshotRefused
from bandit.fold import Fold
from bandit.join import order
from bandit.lineage import START, Line, Lines, Span, above
from bandit.records import Decision, Entry, Event, Outcome
from bandit.shelf import Shelf, lay_out
from service.archive.files import Archive
from service.catalogs import Catalogs
from service.learner.reading import LogReader
from service.serving import crc
from service.store.commands import LogEntry, Store, WeightChange

SHELVES = 64  # of catalog versions, kept laid out
UNKNOWN = -1  # version that no worker has, so that each loads the snapshot

log = structlog.get_logger(__name__)


class Overtaken(AdbanditError):
    """Another learner has committed; what this one holds is to be loaded again."""


class Rhythm(NamedTuple):
    """How often things are written."""

    commit_s: float
    archive_s: float
    keep_log: bool = False
    keep_s: float = 3600.0  # between snapshots kept for a rollback


class PolicyLearner:
    """One policy's loop, as state between rounds."""

    def __init__(
        self,
        policy: Policy,
        store: Store,
        catalogs: Catalogs,
        archive: Path,
        rhythm: Rhythm,
        elapsed: Callable[[], float],
        fence: str,
        published: int = 0,
    ) -> None:
        """
        elapsed    seconds that never step; decides when to write, never what
        fence      of the policy's lease
        published  largest version known to have been given out

        Raises StoreAway, or SnapshotRefused.
        """
        self.policy = policy
        self._store = store
        self._catalogs = catalogs
        self._reader = LogReader(store, policy.id)
        self._archive = Archive(archive, policy.id)
        self._rhythm = rhythm
        self._elapsed = elapsed
        self.fence = fence
        self._shelves: dict[int, Shelf] = {}
        self._committed = ""  # `read` of the snapshot this one grew from
        self._committed_at = self._archived_at = self._kept_at = elapsed()
        self._carried: list[LogEntry] = []  # decisions that may be replayed and are in the log no more
        self._version = 0  # published last; UNKNOWN if no worker can have it
        self.fold = self._restored()
        self._lines: Lines | None = self.fold.lines if self._committed else None  # as committed
        self._published = self.fold.model.weights().copy()
        self._supersede(published)

    def round(self) -> int:
        """Fold what is new and commit when it is time; entries folded, 0 at the end of the log.

        Raises StoreAway, and then the next round goes on; Overtaken, and then this learner is to be made anew.
        """
        entries = self._reader.behind(self.fold.read)
        closed: list[Outcome] = []
        try:
            for position, entry in list(self._decoded(entries)):
                closed += self._take(position, entry)
        finally:  # the store may go away in between, and what was taken in is not read again
            self._learn(closed)
        now = self._elapsed()
        full = self._archive_due(now)
        if full or (self._committed != self.fold.read and now - self._committed_at >= self._rhythm.commit_s):
            self._commit(now, full)
        return len(entries)

    @property
    def published(self) -> int:
        """The version given out last; less than 0 where none is known."""
        return self._version

    @property
    def more(self) -> bool:
        """Whether the last round left something in the log."""
        return self._reader.more

    def finish(self) -> None:
        """Commit what was folded, and archive what waits."""
        if self._committed != self.fold.read or self._archive.waiting:
            self._commit(self._elapsed(), bool(self._archive.waiting))

    def _archive_due(self, now: float) -> bool:
        due = now - self._archived_at >= self._rhythm.archive_s
        return self._archive.full or (due and self._archive.waiting > 0)

    def _take(self, position: str, entry: Entry | None) -> list[Outcome]:
        if entry is None:
            self.fold.skip(position)
            return []
        try:
            outcomes = self.fold.take(position, entry)
        except Damaged as fault:
            log.error("entry_set_aside", policy=self.policy.id, position=position, reason=str(fault))
            self.fold.skip(position)
            return []
        if isinstance(entry, Event):
            self._archive.add_event(position, entry)
        elif isinstance(entry, Decision) and entry.model_version > self.fold.version:
            self._went_back(entry.model_version)
        return outcomes

    def _learn(self, closed: list[Outcome]) -> None:
        self.fold.learn(closed)
        self._to_archive(closed)

    def _to_archive(self, outcomes: list[Outcome]) -> None:
        for outcome in outcomes:
            self._archive.add_outcome(outcome, self._shelf(outcome.decision.catalog_version))

    def _commit(self, now: float, full: bool) -> None:
        """full: with all that waits put into the archive"""
        fields, files = self.fold.snapshot(), self._archive.write() if full else ()
        if full:
            fields |= self.fold.checkpoint(files) | {"carried": self._still_carried()}
        if self._lines is self.fold.lines:  # they may name many decisions, and seldom change
            del fields["lines"]
        change, weights = self._change()
        done = self._store.commit(
            self.policy.id, fields, after=self._committed, fence=self.fence, change=change, files=files
        )
        if not done:
            raise Overtaken(f"another learner of {self.policy.id!r} is at work")
        self._published, self._version, self._lines = weights, self.fold.version, self.fold.lines
        self._committed, self._committed_at = self.fold.read, now
        if full:
            self._archived(now)

    def _archived(self, now: float) -> None:
        """What is due once files are committed."""
        self._store.named(self.policy.id, self._archive.publish())
        self._archived_at = now
        if not self._rhythm.keep_log:
            self._store.trim(self.policy.id, self.fold.needed_from())
        if now - self._kept_at >= self._rhythm.keep_s:
            self._store.keep(self.policy.id, self.fold.version, "by the clock")
            self._kept_at = now

    def _still_carried(self) -> bytes:
        """Decisions that are in the log no more and may yet be replayed."""
        needed = self.fold.checkpointed.window[:1]
        self._carried = [entry for entry in self._carried if needed and order(entry.position) >= order(needed[0][0])]
        return msgspec.msgpack.encode(self._carried)

    def _change(self) -> tuple[WeightChange | None, np.ndarray]:
        """What changed since the last version, and the weights as they are now."""
        weights = self.fold.model.weights().copy()
        if self.fold.version == self._version:
            return None, weights
        index = np.flatnonzero(weights != self._published).astype("<u4")
        value = weights[index].astype("<f4")
        centre = self.fold.model.centre().to_bytes()
        table = zlib.crc32(weights.astype("<f4").tobytes())
        change = self._version, self.fold.version, index.tobytes(), value.tobytes(), centre, table
        return WeightChange(*change, crc(*change)), weights

    def _restored(self) -> Fold:
        fields = self._store.snapshot(self.policy.id)
        unnamed = self._store.unnamed(self.policy.id)
        for path in self._archive.settle(unnamed):
            log.info("archive_leftover_removed", policy=self.policy.id, file=path.name)
        self._store.named(self.policy.id, tuple(name for name in unnamed if self._archive.has(name)))
        if not fields:
            return self._begun()
        fold = Fold.restored(fields, self.policy.learning, self._shelf)
        self._committed, self._version = fold.read, fold.version
        self._carried = _carried(fields)
        for position, entry in self._decoded(self._again(fold)):
            if entry is None:
                continue
            outcomes = fold.resume(position, entry)
            if isinstance(entry, Event) and order(position) > order(fold.checkpointed.read):
                self._archive.add_event(position, entry)
            self._to_archive(outcomes)
        return fold

    def _begun(self) -> Fold:
        """A fold of nothing. Beside an archive the store was emptied: that stays, and `rebuild` learns it again."""
        fold = Fold(self.policy.learning, self._shelf)
        newest = self._archive.newest()
        if newest is not None:
            position, version = newest
            base = above(version)
            fold.lines = (Line(how="emptied", base=base, since=base, spans=(Span(after=position),)),)
            self._version = UNKNOWN
            log.error("store_emptied", policy=self.policy.id, archived_until=position)
        return fold

    def _supersede(self, published: int) -> None:
        """Put aside what the archive has and the store forgot."""
        if not self._committed:
            return
        checkpoint = self.fold.checkpointed
        beyond = self._archive.beyond(checkpoint.cursor, checkpoint.read)
        if beyond or published > self.fold.version:
            self._went_back(max(published, self.fold.version))
            self._commit(self._elapsed(), full=False)  # first: the files tell of it until it is written down
            self._archive.supersede(beyond)
            log.warning("archive_superseded", policy=self.policy.id, files=[path.name for path in beyond])

    def _went_back(self, version: int) -> None:
        """The store lost its last moments, in which versions up to `version` were given out: those come no more."""
        base = above(version)
        line = msgspec.structs.replace(self.fold.lines[-1], how="lost", base=base, since=base + self.fold.model.learned)
        self.fold.lines, self._version = (*self.fold.lines, line), UNKNOWN
        log.error("store_went_back", policy=self.policy.id, version=version, now=line.since)

    def _again(self, fold: Fold) -> Iterator[LogEntry]:
        """What was carried, and the log up to where the snapshot had read."""
        yield from self._carried
        after = START
        while entries := self._reader.behind(after):
            for entry in entries:
                if order(entry.position) > order(fold.read):
                    return
                yield entry
            after = entries[-1].position

    def _decoded(self, entries: Iterator[LogEntry] | list[LogEntry]) -> Iterator[tuple[str, Entry | None]]:
        for position, stored in entries:
            try:
                yield position, decode(stored)
            except Damaged as fault:
                log.error("entry_set_aside", policy=self.policy.id, position=position, reason=str(fault))
                yield position, None

    def _shelf(self, version: int) -> Shelf:
        """The policy's shelf of a catalog version. Raises Damaged if that version is not to be had."""
        if version not in self._shelves:
            if len(self._shelves) >= SHELVES:
                del self._shelves[next(iter(self._shelves))]
            try:
                catalog = self._catalogs.at(version)
                policy = next(policy for policy in catalog.policies if policy.id == self.policy.id)
            except (KeyError, StopIteration):
                raise Damaged(f"catalog version {version} has no policy {self.policy.id!r}") from None
            self._archive.keep_catalog(catalog)
            # A rebuild may have changed what is learned by since that catalog was in force.
            self._shelves[version] = lay_out(catalog, msgspec.structs.replace(policy, learning=self.policy.learning))
        return self._shelves[version]


def _carried(fields: Mapping[str, bytes]) -> list[LogEntry]:
    """Raises SnapshotRefused if they cannot be read."""
    try:
        return msgspec.msgpack.decode(fields.get("carried", b"\x90"), type=list[LogEntry])
    except (msgspec.MsgspecError, UnicodeError) as fault:
        raise SnapshotRefused(f"what the snapshot carries cannot be read: {fault}") from None
