"""Kill any process at any moment: nothing accepted is lost, nothing learned twice, the model the same fold."""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import urllib3

from bandit.codec import decode
from bandit.config import Policy
from bandit.fold import START, Fold
from bandit.join import order
from bandit.shelf import Shelf, lay_out
from service import embedded
from service.archive import read_events, read_outcomes
from service.catalogs import Catalogs
from service.store import Store
from tests.catalogs import CATALOG
from tests.running import Running, eventually

KILLS = 10


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
    catalogs = Catalogs(store)

    def shelf_at(version: int) -> Shelf:
        catalog = catalogs.at(version)
        return lay_out(catalog, next(p for p in catalog.policies if p.id == policy.id))

    fold = Fold(policy.learning, shelf_at)
    after = START
    while entries := store.log(policy.id, after, count=1_000):
        for position, stored in entries:
            if order(position) <= order(read):
                fold.step(position, decode(stored))
        after = entries[-1].position
    return fold.snapshot()


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Running]:
    running = Running(
        tmp_path / "data",
        CATALOG,
        ADBANDIT_KEEP_LOG="true",
        ADBANDIT_ARCHIVE_S="0.7",
        ADBANDIT_COMMIT_S="0.1",
    )
    yield running
    running.stop()


def test_any_process_killed_at_any_moment_changes_nothing(service: Running) -> None:
    chance = random.Random(7)
    shoppers = Shoppers(service)
    with shoppers.running():
        for i in range(KILLS):
            time.sleep(chance.uniform(0.2, 1.0))
            victim = ("learner", "shipper", "valkey", "worker", "web")[i % 5]
            pid = eventually(lambda victim=victim: service.children().get(victim))
            os.kill(pid, signal.SIGKILL)
            eventually(lambda victim=victim, pid=pid: service.children().get(victim, pid) != pid)
    eventually(lambda: _all_closed(service, len(shoppers.decided)), 30.0)
    service.stop()
    _check(service, shoppers)


def test_a_killed_supervisor_leaves_nothing_behind_and_a_new_one_goes_on(service: Running) -> None:
    shoppers = Shoppers(service)
    with shoppers.running():
        time.sleep(1.0)
        family = service.children()
        service.process.kill()
        service.process.wait()
        eventually(lambda: not [pid for pid in family.values() if Path(f"/proc/{pid}/exe").exists()], 5.0)
    shoppers_after = Shoppers(service)
    service.start()
    with shoppers_after.running():
        time.sleep(1.0)
    shoppers.decided += shoppers_after.decided
    eventually(lambda: _all_closed(service, len(shoppers.decided)), 30.0)
    service.stop()
    shoppers.clicked |= shoppers_after.clicked
    _check(service, shoppers)


def _all_closed(service: Running, decisions: int) -> bool:
    try:
        report = service.report("home")
    except (urllib3.exceptions.HTTPError, AssertionError):  # being restarted
        return False
    return bool(report["open"] == 0 and sum(arm["decisions"] for arm in report["arms"].values()) >= decisions)


def _check(service: Running, shoppers: Shoppers) -> None:
    archive = service.data / "archive"
    outcomes, events = read_outcomes(archive, "home"), read_events(archive, "home")
    assert len(shoppers.decided) > 50
    assert outcomes["decision"].n_unique() == len(outcomes) >= len(shoppers.decided)
    assert events["id"].n_unique() == len(events)
    assert shoppers.clicked <= set(events["id"])
    with embedded.start(service.data / "valkey") as server:
        store = Store(server.url)
        kept = store.snapshot("home")
        policy = next(p for p in Catalogs(store).current().policies if p.id == "home")
        fresh = refolded(store, policy, kept["read"].decode())
        store.close()
    for field in ("model", "totals", "learned", "cursor", "counts"):
        assert fresh[field] == kept[field], field
