"""A Cluster that loses masters, stalls and moves slots: found again by itself, and never waited for long."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from redis.crc import key_slot

from service.store.commands import START, Store, StoreAway
from service.store.connecting import TIMEOUT_S
from tests.clusters import PASSWORD, Cluster, a_cluster
from tests.running import eventually


@pytest.fixture(scope="module")
def masters(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with a_cluster(tmp_path_factory.mktemp("masters"), replicas=0) as cluster:
        yield cluster


def shipped(store: Store, row: int, policy: str = "home") -> bool:
    """Ship one row as the shipper does: after the position that the log has now."""
    try:
        if (last := store.shipped(policy, "box")) < row:
            store.ship(policy, "box", [(row, b"%d" % row)], after=last)
    except StoreAway:
        return False
    return True


def test_after_a_master_s_death_its_replica_is_found_and_nothing_stands_twice(tmp_path: Path) -> None:
    with a_cluster(tmp_path) as cluster:
        store = Store(cluster.url)
        assert shipped(Store(cluster.url, replicas=1), 1)
        cluster.owner("{home}").kill()
        with pytest.raises(StoreAway) as away:
            store.ship("home", "box", [(2, b"2")], after=1)
        eventually(lambda: shipped(store, 2))
        assert PASSWORD not in str(away.value)
        assert [entry.stored for entry in store.log("home", START, count=9)] == [b"1", b"2"]


def test_a_row_that_too_few_replicas_have_does_not_count_as_shipped(masters: Cluster) -> None:
    store = Store(masters.url, replicas=1)
    with pytest.raises(StoreAway, match="0 of the 1 replicas"):
        store.ship("home", "lone", [(1, b"x")], after=0)
    with pytest.raises(StoreAway, match="0 of the 1 replicas"):
        store.shipped("home", "lone")
    assert Store(masters.url).shipped("home", "lone") == 1


def test_no_command_waits_longer_than_for_one_node_though_all_are_stalled(masters: Cluster) -> None:
    store = Store(masters.url)
    store.catalog_version()
    pids = [node.process.pid for node in masters.nodes]
    try:
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        for _ in range(2):
            start = time.monotonic()
            with pytest.raises(StoreAway):
                store.catalog_version()
            assert time.monotonic() - start < TIMEOUT_S + 1.0
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)
    assert eventually(lambda: shipped(store, 1))


def test_a_slot_on_the_move_is_followed_and_its_keys_are_found_where_they_went(masters: Cluster) -> None:
    store, slot = Store(masters.url), key_slot(b"mover")
    assert store.log("mover", START, count=1) == []  # by now it knows where the slot is
    here = masters.owner("{mover}")
    there = next(node for node in masters.nodes if node is not here)
    names = {node.port: node.client.cluster("MYID") for node in (here, there)}
    there.client.execute_command("CLUSTER SETSLOT", slot, "IMPORTING", names[here.port])
    here.client.execute_command("CLUSTER SETSLOT", slot, "MIGRATING", names[there.port])
    store.append("mover", b"while it moves")
    for node in (there, here):
        node.client.execute_command("CLUSTER SETSLOT", slot, "NODE", names[there.port])
    store.append("mover", b"afterwards")
    assert [entry.stored for entry in store.log("mover", START, count=9)] == [b"while it moves", b"afterwards"]
    assert there.client.xlen("{mover}:log") == 2


def test_no_slots_is_no_store_and_says_so(masters: Cluster) -> None:
    lone = Store(masters.url)
    owner = masters.owner("{gone}")
    owner.client.execute_command("CLUSTER DELSLOTS", key_slot(b"gone"))
    try:
        with pytest.raises(StoreAway):
            lone.append("gone", b"x")
    finally:
        owner.client.execute_command("CLUSTER ADDSLOTS", key_slot(b"gone"))
    assert eventually(lambda: shipped(lone, 1))


def test_what_no_server_answers_for_is_away_and_tells_no_password(tmp_path: Path) -> None:
    for url in (
        "redis+cluster://:sesame@127.0.0.1:1",
        "redis+sentinel://:sesame@127.0.0.1:1/shop?sentinel_password=sesame",
    ):
        with pytest.raises(StoreAway) as away:
            Store(url).ping()
        assert "sesame" not in str(away.value)
