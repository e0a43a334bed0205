"""Two learners, and the one at work killed or stopped: the other goes on within three seconds, nothing doubled."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from bandit.archive.files import read_outcomes
from service import embedded
from service.store.commands import Store
from tests.catalogs import CATALOG
from tests.running import Running, eventually

WITHIN_S = 3.0


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Running]:
    running = Running(tmp_path / "data", CATALOG, ADBANDIT_LEARNERS="2", ADBANDIT_ARCHIVE_S="0.5")
    yield running
    running.stop()


def at_work(service: Running) -> int:
    """Process id of the learner that holds the lease."""
    store = Store(embedded.socket_url(service.data / "valkey"))
    held = eventually(lambda: store._redis.get("{home}:lease"))
    store.close()
    return int(held.decode().split("/")[1])


@pytest.mark.parametrize("signal_", [signal.SIGKILL, signal.SIGSTOP], ids=["killed", "stopped"])
def test_a_standby_takes_over_in_time_and_nothing_is_learned_twice(service: Running, signal_: signal.Signals) -> None:
    shown = [service.decide(policy="home")["decision_id"] for _ in range(50)]
    first = at_work(service)
    os.kill(first, signal_)
    killed = time.monotonic()
    eventually(lambda: at_work(service) != first)
    assert time.monotonic() - killed < WITHIN_S
    if signal_ == signal.SIGSTOP:
        os.kill(first, signal.SIGCONT)
    shown += [service.decide(policy="home")["decision_id"] for _ in range(50)]
    eventually(lambda: sum(arm["decisions"] for arm in service.report("home")["arms"].values()) == 100, 30.0)
    service.stop()
    rows = read_outcomes(service.data / "archive", "home")
    assert len(rows) == rows["decision"].n_unique() == len(shown) == 100
