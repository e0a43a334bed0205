"""Disks that are full: decisions go on, no event is taken and lost, and all goes on by itself once there is room.

One service for all tests, whose outbox, archive and append-only file have a small disk each.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import redis
import urllib3

from bandit.archive.files import read_events, read_outcomes
from service import embedded
from tests.catalogs import CATALOG
from tests.chaos.disks import fill, small_disk
from tests.running import Json, Running, eventually

DISK_MB = 32
POLICY = "sure"  # of CATALOG; it keeps no user apart, so each of its decisions is trainable


class Shop:
    """Asks and clicks, and counts what it was told is kept."""

    def __init__(self, data: Path) -> None:
        self.service = Running(data, CATALOG, ADBANDIT_ARCHIVE_S="0.5", ADBANDIT_COMMIT_S="0.1")
        self.logged = self.clicks = self.sent = 0

    def decide(self, **asked: Any) -> Json:
        answer = self.service.decide(policy=POLICY, templates=["sale"], **asked)
        self.logged += sum(ad["trainable"] for ad in answer["ads"])
        return answer

    def click(self, decision: Json) -> int:
        self.sent += 1
        event = {"id": f"c{self.sent}", "type": "click", "decision_id": decision["decision_id"]}
        status, answer = self.service.call("POST", "/v1/events", {"events": [event]})
        self.clicks += answer.get("accepted", 0)
        return status

    def trades(self, count: int) -> None:
        for _ in range(count):
            assert self.click(self.decide()) == 202

    def is_refused(self) -> bool:
        """Whether a decision is not written down just now."""
        return not any(ad["trainable"] for ad in self.decide()["ads"])

    def follows(self, decision: Json) -> list[int]:
        """What its links answer."""
        links = decision["ads"][0]["tracking"]
        paths = links["click_url"], links["impression_url"]
        return [self.service.pool.request("GET", self.service.url + path, redirect=False).status for path in paths]

    def count(self, metric: str) -> float:
        text = self.service.pool.request("GET", f"{self.service.url}/metrics").data.decode()
        return sum(float(line.split()[-1]) for line in text.splitlines() if line.startswith(metric))

    def all_is_learned(self) -> bool:
        """Whether all that was kept is closed, and nothing more."""
        try:
            report = self.service.report(POLICY)
        except (urllib3.exceptions.HTTPError, AssertionError):  # Redis is being started again
            return False
        done: int = sum(arm["decisions"] for arm in report["arms"].values())
        return done == self.logged and not report["open"]


@pytest.fixture(scope="module")
def disks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Path]]:
    data = tmp_path_factory.mktemp("full") / "data"
    data.mkdir()
    with ExitStack() as mounted:
        yield {
            name: mounted.enter_context(small_disk(data / name, DISK_MB)) for name in ("outbox", "archive", "valkey")
        }


@pytest.fixture(scope="module")
def shop(disks: dict[str, Path]) -> Iterator[Shop]:
    shop = Shop(disks["outbox"].parent)
    yield shop
    shop.service.stop()


def test_a_full_outbox_marks_decisions_refuses_events_and_follows_links(shop: Shop, disks: dict[str, Path]) -> None:
    known = shop.decide()
    ballast = fill(disks["outbox"])
    eventually(shop.is_refused)
    eventually(lambda: shop.click(known) == 503)
    refused = shop.service.pool.request("POST", f"{shop.service.url}/v1/rewards", json=_reward(known))
    assert (refused.status, refused.headers["Retry-After"]) == (503, "1")
    assert not shop.decide(request_id="r")["ads"][0]["trainable"]
    assert shop.follows(known) == shop.follows(shop.decide()) == [302, 204]
    ballast.unlink()
    assert shop.click(known) == 202
    shop.trades(5)
    assert shop.count("adbandit_decisions_unlogged_total") >= 3
    assert shop.count('adbandit_events_total{fate="lost"}') == 2


def test_what_is_told_of_a_decision_never_written_down_is_named_and_not_kept(
    shop: Shop, disks: dict[str, Path]
) -> None:
    ballast = fill(disks["outbox"])
    eventually(shop.is_refused)
    lost = shop.decide()
    ballast.unlink()
    eventually(lambda: not shop.is_refused())
    event = {"id": "e", "type": "click", "decision_id": lost["decision_id"]}
    assert [fault["code"] for fault in shop.service.tell(event)["rejected"]] == ["not-logged"]
    status, answer = shop.service.call("POST", "/v1/rewards", _reward(lost))
    assert (status, answer["accepted"], answer["rejected"][0]["code"]) == (202, 0, "not-logged")


@pytest.mark.parametrize(("disk", "sign"), [("archive", "learner_failed"), ("valkey", "store_away")])
def test_a_full_disk_elsewhere_holds_learning_up_and_no_more(
    shop: Shop, disks: dict[str, Path], disk: str, sign: str
) -> None:
    os.truncate(shop.service.log, 0)
    ballast = fill(disks[disk])
    shop.trades(30)
    eventually(lambda: sign in shop.service.log.read_text())
    ballast.unlink()
    shop.trades(10)
    eventually(shop.all_is_learned, 30.0)


def test_with_no_room_anywhere_a_worker_starts_again_and_nothing_kept_is_lost(
    shop: Shop, disks: dict[str, Path]
) -> None:
    ballasts = [fill(disk) for disk in disks.values()]
    eventually(shop.is_refused)
    os.kill(shop.service.children()["worker"], signal.SIGKILL)
    eventually(lambda: _refuses(shop))
    for ballast in ballasts:
        ballast.unlink()
    eventually(lambda: not shop.is_refused())
    eventually(lambda: shop.click(shop.decide()) == 202)
    eventually(shop.all_is_learned, 30.0)
    shop.service.stop()
    outcomes, events = (read(shop.service.data / "archive", POLICY) for read in (read_outcomes, read_events))
    assert len(outcomes) == outcomes["decision"].n_unique() == shop.logged
    assert len(events) == events["id"].n_unique() == shop.clicks


def test_the_embedded_server_has_all_it_acknowledged_when_its_disk_was_full(tmp_path: Path) -> None:
    with small_disk(tmp_path / "valkey", 4) as disk:
        with embedded.start(disk) as server, redis.Redis.from_url(server.url) as client:
            acknowledged = _fill_stream(client)
            eventually(lambda: server.poll() is not None)
        ballast = fill(disk)
        with embedded.start(disk) as server, redis.Redis.from_url(server.url) as client:
            assert acknowledged <= client.xlen("log") <= acknowledged + 1  # the last may be kept and not acknowledged
        ballast.unlink()


def _fill_stream(client: redis.Redis) -> int:
    """Entries acknowledged until the server gives up."""
    for acknowledged in range(10_000):
        try:
            client.xadd("log", {"e": bytes(1_000)})
        except redis.RedisError:
            return acknowledged
    return 0


def _refuses(shop: Shop) -> bool:
    try:
        return shop.is_refused()
    except urllib3.exceptions.HTTPError:
        return False


def _reward(decision: Json) -> Json:
    return {"decision_id": decision["decision_id"], "value": 1.0, "event_id": "r-1"}
