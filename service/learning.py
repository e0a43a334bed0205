"""The learner of one policy: reads the log, folds it, publishes weights, archives, trims.

Everything it does follows from the log, so being killed at any instant only means reading a part of it again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import structlog

from bandit.codec import decode
from bandit.config import Policy
from bandit.errors import AdbanditError, Damaged
from bandit.fold import START, Fold
from bandit.join import order
from bandit.records import Entry, Event, Outcome
from bandit.shelf import Shelf, lay_out
from service.archive import Archive
from service.catalogs import Catalogs
from service.reading import LogReader
from service.serving import crc
from service.store import LogEntry, Store, WeightChange

log = structlog.get_logger(__name__)


class Overtaken(AdbanditError):
    """Another learner has committed; what this one holds is to be loaded again."""


class Rhythm(NamedTuple):
    """How often things are written."""

    commit_s: float
    archive_s: float
    keep_log: bool = False


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
    ) -> None:
        """
        elapsed  seconds that never step; decides when to write, never what
        """
        self.policy = policy
        self._store = store
        self._catalogs = catalogs
        self._reader = LogReader(store, policy.id)
        self._archive = Archive(archive, policy.id)
        self._rhythm = rhythm
        self._elapsed = elapsed
        self._shelves: dict[int, Shelf] = {}
        self._committed = ""  # `read` of the snapshot this one grew from
        self._committed_at = self._archived_at = elapsed()
        self.fold = self._restored()
        self._published = self.fold.model.weights().copy()
        self._version = self.fold.model.learned

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
        return outcomes

    def _learn(self, closed: list[Outcome]) -> None:
        self.fold.learn(closed)
        self._to_archive(closed)

    def _to_archive(self, outcomes: list[Outcome]) -> None:
        for outcome in outcomes:
            self._archive.add_outcome(outcome, self._shelf(outcome.decision.catalog_version))

    def _commit(self, now: float, full: bool) -> None:
        """full: with all that waits put into the archive"""
        fields = self.fold.snapshot()
        if full:
            fields |= self.fold.checkpoint(self._archive.write())
        change, weights = self._change()
        if not self._store.commit(self.policy.id, fields, after=self._committed, change=change):
            raise Overtaken(f"another learner of {self.policy.id!r} has committed")
        self._published, self._version = weights, self.fold.model.learned
        self._committed, self._committed_at = self.fold.read, now
        if full:
            self._archive.publish()
            self._archived_at = now
            if not self._rhythm.keep_log:
                self._store.trim(self.policy.id, self.fold.needed_from())

    def _change(self) -> tuple[WeightChange | None, np.ndarray]:
        """What changed since the last version, and the weights as they are now."""
        weights = self.fold.model.weights().copy()
        if self.fold.model.learned == self._version:
            return None, weights
        index = np.flatnonzero(weights != self._published).astype("<u4")
        value = weights[index].astype("<f4")
        centre = self.fold.model.centre().to_bytes()
        change = self._version, self.fold.model.learned, index.tobytes(), value.tobytes(), centre
        return WeightChange(*change, crc(*change)), weights

    def _restored(self) -> Fold:
        fields = self._store.snapshot(self.policy.id)
        if not fields:
            self._archive.settle(())
            return Fold(self.policy.learning, self._shelf)
        fold = Fold.restored(fields, self.policy.learning, self._shelf)
        self._committed = fold.read
        for path in self._archive.settle(fold.checkpointed.files):
            log.info("archive_leftover_removed", policy=self.policy.id, file=path.name)
        for position, entry in self._decoded(self._again(fold)):
            if entry is None:
                continue
            outcomes = fold.resume(position, entry)
            if isinstance(entry, Event) and order(position) > order(fold.checkpointed.read):
                self._archive.add_event(position, entry)
            self._to_archive(outcomes)
        return fold

    def _again(self, fold: Fold) -> Iterator[LogEntry]:
        """The log up to where the snapshot had read."""
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
            try:
                catalog = self._catalogs.at(version)
                policy = next(policy for policy in catalog.policies if policy.id == self.policy.id)
            except (KeyError, StopIteration):
                raise Damaged(f"catalog version {version} has no policy {self.policy.id!r}") from None
            self._archive.keep_catalog(catalog)
            self._shelves[version] = lay_out(catalog, policy)
        return self._shelves[version]
