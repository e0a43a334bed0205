"""Kill any process at any moment: nothing accepted is lost, nothing learned twice, the model the same fold."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator

import pytest

from service.store.commands import Store
from tests.chaos.lane import BY_NAME
from tests.chaos.load import Load
from tests.chaos.stage import Stage, staged
from tests.chaos.trial import judged, tried
from tests.running import eventually

KILLS = 10
VICTIMS = ("learner", "shipper", "valkey", "worker", "web")


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    with staged(7, own_server=False) as running:
        yield running


def test_any_process_killed_at_any_moment_changes_nothing(stage: Stage) -> None:
    with Load(stage.service, stage.ledger, seed=1).running():
        for i in range(KILLS):
            time.sleep(stage.chance.uniform(0.2, 1.0))
            _kill_and_wait(stage, VICTIMS[i % len(VICTIMS)])
    assert judged(stage, Store(stage.direct_url)) == []
    assert len(stage.ledger.answers_at) > 50


def test_a_killed_supervisor_leaves_nothing_behind_and_a_new_one_goes_on(stage: Stage) -> None:
    assert tried(stage, BY_NAME["kill -9 supervisor"], seed=2, verify=True).violations == []


def _kill_and_wait(stage: Stage, name: str) -> None:
    """Until the supervisor has started another."""
    pid = stage.pid(name)
    os.kill(pid, signal.SIGKILL)
    eventually(lambda: stage.service.children().get(name, pid) != pid)
