"""The log as it was written, read along by a bystander, and the model that an undisturbed learner makes of it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from bandit.codec import decode
from bandit.config import Policy
from bandit.fold import Fold
from bandit.join import order
from bandit.shelf import Shelf, lay_out
from service.catalogs import Catalogs
from service.store.commands import START, LogEntry, Store, StoreAway

LOOK_S = 0.2  # what is injected has the log trimmed seconds late


class Bystander:
    """Keeps every entry of some policies' logs, whatever the learner trims."""

    def __init__(self, url: str, policies: tuple[str, ...]) -> None:
        self._store = Store(url)
        self.logs: dict[str, list[LogEntry]] = {policy: [] for policy in policies}
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._folds: dict[str, tuple[Fold, int]] = {}

    @contextmanager
    def reading(self) -> Iterator[None]:
        thread = threading.Thread(target=self._read_along)
        thread.start()
        try:
            yield
        finally:
            self._stop.set()
            thread.join()
            self._store.close()

    def catch_up(self) -> None:
        """Read what is there now. Raises StoreAway."""
        with self._lock:
            for policy, kept in self.logs.items():
                kept.extend(self._behind(policy, kept[-1].position if kept else START))

    @contextmanager
    def while_history_changes(self) -> Iterator[None]:
        """Look away while a server loses its last moments, then forget what it has forgotten.

        What was trimmed is older than what was lost.
        """
        with self._lock:
            yield
            for policy, kept in self.logs.items():
                there = self._behind(policy, START)
                self.logs[policy] = [
                    entry for entry in kept if order(entry.position) < order(there[0].position)
                ] + there
            self._folds.clear()

    def folded(self, policy: Policy, read: str) -> dict[str, bytes]:
        """The snapshot of a learner that read the log up to `read` and was never disturbed."""
        fold, done = self._folds.get(policy.id) or (Fold(policy.learning, shelves(self._store, policy.id)), 0)
        entries = self.logs[policy.id]
        while done < len(entries) and order(entries[done].position) <= order(read):
            fold.step(entries[done].position, decode(entries[done].stored))
            done += 1
        self._folds[policy.id] = fold, done
        return fold.snapshot()

    def _behind(self, policy: str, position: str) -> list[LogEntry]:
        found: list[LogEntry] = []
        while entries := self._store.log(policy, found[-1].position if found else position, count=1_000):
            found += entries
        return found

    def _read_along(self) -> None:
        while not self._stop.wait(LOOK_S):
            try:
                self.catch_up()
            except StoreAway:
                continue


def shelves(store: Store, policy_id: str) -> Callable[[int], Shelf]:
    """Catalog version -> the policy's shelf as it was then."""
    catalogs = Catalogs(store)

    def shelf_at(version: int) -> Shelf:
        catalog = catalogs.at(version)
        return lay_out(catalog, next(policy for policy in catalog.policies if policy.id == policy_id))

    return shelf_at
