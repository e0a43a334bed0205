"""Every Redis command, against a real server: all or nothing, and only after what it grew from."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bandit.join import order
from service import embedded
from service.store.commands import START, Store, StoreAway, WeightChange
from tests.entries import laws
from tests.hosts import lease

CHANGE = WeightChange(0, 1, b"\1\0\0\0", b"\0\0\x80?", b"", 9, 7)
batches = st.lists(st.lists(st.binary(max_size=8), min_size=1, max_size=4), max_size=4)


@pytest.fixture
def store(valkey_url: str) -> Store:
    return Store(valkey_url)


@laws(40)
@given(sent=batches)
def test_the_log_holds_what_was_shipped_in_that_order_and_the_position_its_last_row(
    valkey_server: embedded.EmbeddedValkey, sent: list[list[bytes]]
) -> None:
    store = Store(valkey_server.url)
    store._redis.flushall()
    row = 0
    for batch in sent:
        store.ship("home", "box", [(row + i, entry) for i, entry in enumerate(batch, 1)], after=row)
        row += len(batch)
    found = store.log("home", START, count=999)
    assert [entry.stored for entry in found] == [entry for batch in sent for entry in batch]
    assert [entry.position for entry in found] == sorted((entry.position for entry in found), key=order)
    assert store.shipped("home", "box") == row
    assert store.log_length("home") == row


def test_reading_in_portions_is_reading_at_once(store: Store) -> None:
    store.ship("home", "box", [(i, bytes([i])) for i in range(1, 20)], after=0)
    after, portions = START, []
    while some := store.log("home", after, count=3):
        portions += some
        after = some[-1].position
    assert portions == store.log("home", START, count=99)


def test_outboxes_and_policies_have_positions_of_their_own(store: Store) -> None:
    store.ship("home", "a", [(5, b"x")], after=0)
    assert [store.shipped("home", "b"), store.shipped("shop", "a"), store.shipped("home", "a")] == [0, 0, 5]


def test_rows_are_appended_only_behind_the_position_they_follow(store: Store) -> None:
    store.ship("home", "box", [(1, b"x"), (2, b"y")], after=0)
    for after in (0, 1, 3):
        with pytest.raises(StoreAway, match="not where it was left"):
            store.ship("home", "box", [(3, b"z")], after=after)
    assert (store.log_length("home"), store.shipped("home", "box")) == (2, 2)


def test_trimming_forgets_nothing_from_the_position_on(store: Store) -> None:
    store.ship("home", "box", [(i, bytes(200)) for i in range(1, 1_001)], after=0)
    log = store.log("home", START, count=2_000)
    store.trim("home", log[700].position)
    kept = store.log("home", START, count=2_000)
    assert kept[-300:] == log[700:]
    assert len(kept) < 1_000


def test_a_snapshot_replaces_only_the_one_it_grew_from(store: Store) -> None:
    fence = lease(store)
    assert store.commit("home", {"read": b"1-0", "model": b"one"}, after="", change=CHANGE, fence=fence)
    assert not store.commit("home", {"read": b"2-0", "model": b"other"}, after="", change=CHANGE, fence=fence)
    assert store.snapshot("home") == {"read": b"1-0", "model": b"one"}
    assert [change for _, change in store.changes("home", START)] == [CHANGE]


def test_of_learners_that_race_from_one_snapshot_one_wins(store: Store, valkey_url: str) -> None:
    fence = lease(store)
    stores = [Store(valkey_url) for _ in range(6)]

    def commit(i: int) -> bool:
        return stores[i].commit("home", {"read": f"{i + 1}-0".encode()}, after="", change=None, fence=fence)

    with ThreadPoolExecutor(6) as pool:
        won = [i for i, done in enumerate(pool.map(commit, range(6))) if done]
    assert len(won) == 1
    assert store.snapshot_field("home", "read") == f"{won[0] + 1}-0".encode()


def test_a_commit_keeps_the_fields_it_does_not_name(store: Store) -> None:
    fence = lease(store)
    store.commit("home", {"read": b"1-0", "checkpoint": b"c"}, after="", change=None, fence=fence)
    store.commit("home", {"read": b"2-0"}, after="1-0", change=None, fence=fence)
    assert store.snapshot_fields("home", ["checkpoint", "read", "none"]) == {"checkpoint": b"c", "read": b"2-0"}


def test_weight_changes_are_read_behind_a_position_and_the_oldest_forgotten(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    fence = lease(store)
    monkeypatch.setattr("service.store.commands.WEIGHTS_KEPT", 100)  # one node of a stream, the least that is forgotten
    for i in range(250):
        store.commit("home", {"read": str(i + 1).encode()}, after=str(i) if i else "", change=CHANGE, fence=fence)
    assert store.changes("home", store.last_change("home")) == []
    assert 100 <= len(store.changes("home", START)) < 250


def test_a_catalog_is_put_in_force_after_the_one_it_changes_only(store: Store) -> None:
    assert store.put_catalog(b"one", 1, after=0)
    assert not store.put_catalog(b"other", 1, after=0)
    assert (store.catalog_version(), store.catalog(1), store.catalog(2)) == (1, b"one", None)


def test_an_empty_store_has_nothing_and_says_so(store: Store) -> None:
    assert (store.catalog_version(), store.snapshot("home"), store.last_change("home")) == (0, {}, START)
    assert store.snapshot_fields("home", ["read"]) == {}


def test_all_keys_of_a_policy_lie_in_one_cluster_slot(store: Store) -> None:
    fence = lease(store)
    store.ship("home", "box", [(1, b"x")], after=0)
    store.commit("home", {"read": b"1-0"}, after="", change=CHANGE, fence=fence)
    assert {key.partition(b":")[0] for key in store._redis.scan_iter()} == {b"{home}"}


def test_a_server_that_is_not_there_is_away(tmp_path: Path) -> None:
    store = Store(f"unix://{tmp_path}/none.sock")
    for call in (store.ping, store.catalog_version, lambda: store.ship("p", "b", [(1, b"")], after=0)):
        with pytest.raises(StoreAway):
            call()


def test_a_server_that_refuses_writes_is_away_and_has_taken_nothing(store: Store) -> None:
    store._redis.config_set("maxmemory", 1)
    try:
        with pytest.raises(StoreAway):
            store.ship("home", "box", [(1, b"x")], after=0)
    finally:
        store._redis.config_set("maxmemory", 0)
    assert (store.shipped("home", "box"), store.log_length("home")) == (0, 0)
