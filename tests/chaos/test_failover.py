"""The master of a policy is killed under load: another takes over, and nothing accepted is lost or learned twice."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import polars as pl

from bandit.archive.files import read_events, read_outcomes
from bandit.config import Policy
from service.access.signing import Signer
from service.catalogs import Catalogs
from service.store.commands import Store
from tests.catalogs import CATALOG
from tests.chaos.shoppers import Shoppers, refolded
from tests.clusters import PASSWORD, a_cluster, sentinels
from tests.running import Json, Running, eventually

LOAD_S = 1.0  # before the kill, and again after the next master was found
PAUSE_S = 0.01  # between decisions: more of them only take longer to fold again


class Unhurried(Running):
    """A service whose shoppers look before they click."""

    def decide(self, **request: Any) -> Json:
        time.sleep(PAUSE_S)
        return super().decide(**request)


@contextmanager
def service(folder: Path, url: str) -> Iterator[Running]:
    often = {"ADBANDIT_KEEP_LOG": "true", "ADBANDIT_ARCHIVE_S": "0.7", "ADBANDIT_COMMIT_S": "0.1"}
    running = Unhurried(folder / "data", CATALOG, ADBANDIT_REDIS_URL=url, **often)
    try:
        yield running
    finally:
        running.stop()


def test_a_master_of_a_cluster_that_takes_along_what_it_acknowledged_costs_nothing(tmp_path: Path) -> None:
    def die() -> None:
        master = cluster.owner("{home}")
        (replica,) = cluster.replicas(master)
        master.cut_off([replica])
        time.sleep(LOAD_S)  # of load that nobody else will know of
        taken, known = (node.info("master_repl_offset") for node in (master, replica))
        master.kill()
        assert taken > known + 10_000

    with a_cluster(tmp_path / "cluster") as cluster, service(tmp_path, cluster.url) as running:
        _survives(running, cluster.url, die)


def test_a_master_that_sentinels_watch_killed_under_load_costs_nothing(tmp_path: Path) -> None:
    with sentinels(tmp_path / "servers") as watched, service(tmp_path, watched.url) as running:
        _survives(running, watched.url, lambda: watched.master().kill())


def _survives(running: Running, url: str, die: Callable[[], None]) -> None:
    shoppers = Shoppers(running)
    with shoppers.running():
        time.sleep(LOAD_S)
        before = eventually(lambda: _learned(running))
        die()
        sent = len(shoppers.decided)
        eventually(lambda: _learned(running) > max(before, sent))  # of what was sent since, too
        time.sleep(LOAD_S)
    assert shoppers.failed == 0
    eventually(lambda: _all_learned(running, len(shoppers.decided)), 30.0)
    report = running.report("home")
    running.stop()
    _check(running, shoppers, url, report["used_events"])


def _learned(running: Running) -> int:
    """Decisions closed; 0 while the store is away."""
    try:
        return sum(arm["decisions"] for arm in running.report("home")["arms"].values())
    except AssertionError:
        return 0


def _all_learned(running: Running, decisions: int) -> bool:
    return _learned(running) >= decisions and running.report("home")["open"] == 0


def _check(running: Running, shoppers: Shoppers, url: str, used_events: int) -> None:
    archive = running.data / "archive"
    outcomes, events = read_outcomes(archive, "home"), read_events(archive, "home")
    assert _twice(outcomes, "decision") == _twice(events, "id") == []
    signer = Signer((running.data / "secret.key").read_bytes())
    assert {signer.read_decision_id(decided).raw.hex() for decided in shoppers.decided} == set(outcomes["decision"])
    assert set(events["id"]) == shoppers.clicked
    assert used_events == len(shoppers.clicked)
    assert PASSWORD not in running.log.read_text()
    store = Store(url)
    kept = store.snapshot("home")
    fresh = refolded(store, _policy(store), kept["read"].decode())
    assert [name for name in ("model", "totals", "learned", "cursor") if fresh[name] != kept[name]] == []


def _twice(frame: pl.DataFrame, column: str) -> list[str]:
    return list(frame.filter(pl.col(column).is_duplicated())[column].unique())


def _policy(store: Store) -> Policy:
    return next(policy for policy in Catalogs(store).current().policies if policy.id == "home")
