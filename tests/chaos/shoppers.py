"""Shoppers as simple as they can be, and the model that an undisturbed learner makes of the whole log."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import urllib3

from bandit.codec import decode
from bandit.config import Policy
from bandit.fold import Fold
from bandit.join import order
from service.store.commands import START, Store
from tests.chaos.reread import shelves
from tests.running import Running


class Shoppers:
    """Ask and click without pause, and note what the service said it had accepted."""

    def __init__(self, service: Running) -> None:
        self._service = service
        self._stop = threading.Event()
        self.decided: list[str] = []
        self.clicked: set[str] = set()
        self.failed = 0

    def run(self) -> None:
        i = 0
        while not self._stop.is_set():
            i += 1
            try:
                answer = self._service.decide(policy="home", user={"key": f"u{i % 50}"}, context={"hour": i % 24})
                self.decided.append(answer["decision_id"])
                if i % 3 == 0:
                    event = {"id": f"c{i}", "type": "click", "decision_id": answer["decision_id"]}
                    self._service.tell(event)
                    self.clicked.add(f"c{i}")
            except urllib3.exceptions.HTTPError:
                self.failed += 1
                time.sleep(0.02)

    @contextmanager
    def running(self) -> Iterator[None]:
        thread = threading.Thread(target=self.run)
        thread.start()
        try:
            yield
        finally:
            self._stop.set()
            thread.join()


def refolded(store: Store, policy: Policy, read: str) -> dict[str, bytes]:
    """The snapshot of a learner that read the whole log at once, up to `read`, and was never disturbed."""
    fold = Fold(policy.learning, shelves(store, policy.id))
    after = START
    while entries := store.log(policy.id, after, count=1_000):
        for position, stored in entries:
            if order(position) <= order(read):
                fold.step(position, decode(stored))
        after = entries[-1].position
    return fold.snapshot()
