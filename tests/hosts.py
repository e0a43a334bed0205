"""A host and a learner's desk as tests see them: parts that can be killed, over a store that breaks."""

from __future__ import annotations

import os
import tempfile
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bandit.codec import decode, encode
from bandit.records import Entry
from service import embedded
from service.catalogs import Catalogs
from service.learner.learning import PolicyLearner, Rhythm
from service.outbox import journal
from service.outbox.shared import shared
from service.outbox.ship import Shipper
from service.store.commands import START, Store, StoreAway
from tests.entries import CATALOG, POLICY, START_S, Log, decision, event

POLICIES = ("home", "shop")
HORIZONS_S = dict.fromkeys(POLICIES, 2.0)
OFTEN = Rhythm(commit_s=0.25, archive_s=0.3)
DUE_S = 100.0  # longer than any rhythm here


class Unsteady:
    """A store whose connection breaks before or after the server has done what it was told."""

    def __init__(self, store: Store, breaks: Callable[[], str]) -> None:
        self._store, self._breaks = store, breaks

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def call(*given: Any, **named: Any) -> Any:
            moment = self._breaks()
            if moment == "before":
                raise StoreAway("broken before")
            answer = getattr(self._store, name)(*given, **named)
            if moment == "after":
                raise StoreAway("broken after")
            return answer

        return call


class Host:
    """Two workers, their shared outbox and a shipper that can be killed."""

    def __init__(self, folder: Path, store: Store, breaks: Callable[[], str] = str) -> None:
        self.now, self.accepted, self.store = START_S, 0, store
        self._folder, self._unsteady = folder, Unsteady(store, breaks)
        self._workers, self.locks = zip(*(journal.claim(folder) for _ in range(2)), strict=True)
        self._shared = shared(folder)
        self.restart()

    def restart(self) -> None:
        """What a kill leaves of the shipper: nothing."""
        self._shipper = Shipper(self._folder, self._unsteady, lambda: self.now, lambda: self.now)  # type: ignore[arg-type]

    def decide(self, worker: int, policy: str = "home") -> None:
        self.accepted += 1
        self._workers[worker].append(policy, self.now, encode(decision(self.accepted, self.now)))

    def hear(self, policy: str = "home") -> None:
        self.accepted += 1
        row = encode(event(str(self.accepted), 1, self.now))
        self._shared.append_new([(policy, self.now, row, str(self.accepted))])

    def ship(self) -> int:
        try:
            return self._shipper.round(HORIZONS_S)
        except StoreAway:
            return 1

    def drain(self) -> None:
        while self.ship():
            pass

    def log(self, policy: str = "home") -> list[Entry]:
        return [decode(entry.stored) for entry in self.store.log(policy, START, count=9_999)]


@contextmanager
def a_host(store: Store, breaks: Callable[[], str] = str) -> Iterator[Host]:
    store._redis.flushall()
    with tempfile.TemporaryDirectory() as folder:
        host = Host(Path(folder), store, breaks)
        yield host
        for lock in host.locks:
            os.close(lock)


def lease(store: Store, policy: str = "home") -> str:
    """The fence of somebody new, who takes the lease from whoever has it."""
    return str(store.lease(policy, uuid.uuid4().hex, DUE_S, seize=True))


class Desk:
    """A store with the catalog in force, a log written by hand, and learners made anew at will."""

    def __init__(self, url: str, folder: Path) -> None:
        self.store, self.archive = Store(url), folder
        self.store._redis.flushall()
        Catalogs(self.store).replace_if_other(CATALOG)
        self.elapsed = 0.0

    def write(self, log: Log) -> None:
        for position, entry in log:
            self.store._redis.xadd("{home}:log", {"e": encode(entry)}, id=position)

    def learner(self, store: object = None, rhythm: Rhythm = OFTEN) -> PolicyLearner:
        used: Store = store or self.store  # type: ignore[assignment]
        fence = lease(self.store)
        return PolicyLearner(POLICY, used, Catalogs(used), self.archive, rhythm, lambda: self.elapsed, fence)

    def all_learned(self, learner: PolicyLearner) -> dict[str, bytes]:
        """The snapshot once everything is read, archived and committed."""
        self.elapsed += DUE_S
        while learner.round():
            self.elapsed += DUE_S
        learner.finish()
        fields = self.store.snapshot("home")
        return {name: fields[name] for name in fields if name not in ("checkpoint", "carried")}


@contextmanager
def a_desk(server: embedded.EmbeddedValkey) -> Iterator[Desk]:
    with tempfile.TemporaryDirectory() as folder:
        desk = Desk(server.url, Path(folder))
        desk.store._redis.config_set("stream-node-max-entries", 1)  # trimmed as far as allowed, not by the hundred
        yield desk
        desk.store._redis.config_set("stream-node-max-entries", 100)
