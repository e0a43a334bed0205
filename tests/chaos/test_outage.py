"""Redis stops for a while under load: every request is answered, and all of it is learned afterwards."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.catalogs import CATALOG
from tests.running import Running, eventually

OUTAGE_S = 20.0
PAUSE_S = 0.01  # between shoppers


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Running]:
    running = Running(tmp_path / "data", CATALOG)
    yield running
    running.stop()


def test_twenty_seconds_without_redis_lose_nothing(service: Running) -> None:
    valkey = service.children()["valkey"]
    os.kill(valkey, signal.SIGSTOP)
    try:
        sent = _shop(service, OUTAGE_S)
        assert service.call("GET", "/readyz")[1]["status"] == "degraded"
        assert service.call("PUT", "/v1/campaigns/x", {})[0] == 503
    finally:
        os.kill(valkey, signal.SIGCONT)
    report = eventually(lambda: _closed(service, sent), 30.0)
    clicks = sum(arm["clicks"] for arm in report["arms"].values())
    assert (clicks, report["events"], report["used_events"], report["duplicates"]) == (sent, sent, sent, 0)


def _shop(service: Running, seconds: float) -> int:
    """Decide and click; both must be answered as ever. How many of each."""
    sent = 0
    give_up_at = time.monotonic() + seconds
    while time.monotonic() < give_up_at:
        answer = service.decide(policy="home", user={"key": f"u{sent % 100}"})
        assert answer["ads"]
        service.tell({"id": f"c{sent}", "type": "click", "decision_id": answer["decision_id"]})
        sent += 1
        time.sleep(PAUSE_S)
    return sent


def _closed(service: Running, sent: int) -> dict[str, object] | None:
    try:
        report = service.report("home")
    except AssertionError:  # 503 until it is back
        return None
    done = sum(arm["decisions"] for arm in report["arms"].values()) == sent and report["open"] == 0
    return report if done else None
