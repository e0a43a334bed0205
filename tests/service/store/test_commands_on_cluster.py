"""The tests of the store once more, on a real Cluster: no command needs keys of two slots."""

from __future__ import annotations

import re
from collections.abc import Iterator
from types import SimpleNamespace

import pytest
from redis.crc import key_slot

from service.store import commands as stored
from service.store.commands import Store
from tests.clusters import Cluster, a_cluster
from tests.service.store import test_commands as on_one

# They turn a single server's own screws; for its part the cluster does so in test_cluster.py.
_OF_ONE_SERVER = {
    "test_all_keys_of_a_policy_lie_in_one_cluster_slot",
    "test_a_server_that_is_not_there_is_away",
    "test_a_server_that_refuses_writes_is_away_and_has_taken_nothing",
    "test_the_log_holds_what_was_shipped_in_that_order_and_the_position_its_last_row",
}
_SHARED = {name: test for name, test in vars(on_one).items() if name.startswith("test_")}
globals().update({name: test for name, test in _SHARED.items() if name not in _OF_ONE_SERVER})


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with a_cluster(tmp_path_factory.mktemp("cluster"), replicas=0) as cluster:
        yield cluster


@pytest.fixture
def valkey_url(cluster: Cluster) -> str:
    for node in cluster.nodes:
        node.client.flushall()
    return cluster.url


@pytest.fixture
def valkey_server(valkey_url: str) -> SimpleNamespace:
    return SimpleNamespace(url=valkey_url)


@pytest.fixture
def store(valkey_url: str) -> Store:
    return Store(valkey_url)


def test_every_key_of_the_map_lies_in_the_slot_of_its_policy_or_user_or_of_what_is_of_all() -> None:
    keys = re.findall(r"^ {4}(\{\S+)", stored.__doc__ or "", re.MULTILINE)
    slots: dict[str, set[int]] = {}
    for key in keys:
        owner = key.partition("}")[0] + "}"
        slots.setdefault(owner, set()).add(key_slot(key.replace("{p}", "{home}").encode()))
    assert slots.pop("{p}") == {key_slot(b"home")}
    assert slots == {owner: {key_slot(owner[1:-1].encode())} for owner in slots}


def test_what_was_left_out_here_is_still_there() -> None:
    assert set(_SHARED) > _OF_ONE_SERVER
