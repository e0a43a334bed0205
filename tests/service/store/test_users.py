"""Users as decisions read them: wherever Redis is, in one round trip, and never waited for long."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from service import embedded
from service.store.books import Books, Change
from service.store.commands import Store, StoreAway
from service.store.line import PATIENCE_S
from service.store.users import SHOWN_KEPT, UserStore
from tests.clusters import Cluster, Node, a_cluster, sentinels
from tests.running import eventually
from tests.tls import Authority, door

USERS = [bytes([number]) * 16 for number in range(12)]  # in every part of a Cluster


OPENED: list[UserStore] = []  # by the test at hand


@pytest.fixture(autouse=True)
def closing() -> Iterator[None]:
    """Leave no connection to whoever collects garbage."""
    yield
    while OPENED:
        OPENED.pop().close()


def connected(url: str) -> UserStore:
    """A store that has looked until there is nothing away."""
    users = UserStore(url, time.monotonic)
    OPENED.append(users)
    eventually(lambda: users.look() or not users.away)
    return users


def kept(url: str) -> list[bool]:
    """Write a state for every user."""
    return Books(Store(url)).put_states([Change(user, b"", b"crc-" + user, 60_000) for user in USERS])


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with a_cluster(tmp_path_factory.mktemp("cluster"), replicas=0) as cluster:
        yield cluster


@pytest.fixture
def url(request: pytest.FixtureRequest, valkey_url: str) -> Iterator[str]:
    """The same on one server, on a Cluster and over TLS."""
    if request.param == "one":
        yield valkey_url
    elif request.param == "cluster":
        yield request.getfixturevalue("cluster").url
    else:
        folder = request.getfixturevalue("tmp_path")
        authority, node = Authority(folder / "authority"), Node(folder / "node", requirepass="sesame")
        node.client.connection_pool.connection_kwargs["password"] = "sesame"
        eventually(node.answers)
        with door(authority.sign("server", "IP:127.0.0.1"), node.port) as port:
            yield f"rediss://:sesame@127.0.0.1:{port}?ssl_ca_certs={authority.file}"
        node.kill()


@pytest.mark.parametrize("url", ["one", "cluster", "tls"], indirect=True)
def test_a_state_and_what_was_shown_are_read_wherever_they_are(url: str) -> None:
    users = connected(url)
    assert all(kept(url))
    for user in USERS:
        users.shown(user, [b"one", b"two"])
        users.shown(user, [b"three"])
    assert [users.read(user) for user in USERS] == [(b"crc-" + user, [b"one", b"two", b"three"]) for user in USERS]
    assert users.read(b"n" * 16) == (None, [])
    users.close()


def test_a_state_is_written_only_over_the_one_it_grew_from(valkey_url: str) -> None:
    assert kept(valkey_url) == [True] * len(USERS)
    assert kept(valkey_url) == [False] * len(USERS)
    assert Books(Store(valkey_url)).put_states([Change(USERS[0], b"crc-", b"new!", 0)]) == [True]
    assert connected(valkey_url).read(USERS[0]) == (b"new!", [])


def test_of_what_was_shown_the_last_are_kept_for_minutes_and_not_on_disk(valkey_url: str) -> None:
    users, client = connected(valkey_url), Store(valkey_url).client
    size = client.info("persistence")["aof_current_size"]
    for number in range(SHOWN_KEPT + 9):
        users.shown(USERS[0], [b"%d" % number])
    assert users.read(USERS[0])[1] == [b"%d" % number for number in range(9, SHOWN_KEPT + 9)]
    assert 0 < client.pttl(f"{{u:{USERS[0].hex()}}}:shown") <= 300_000
    assert client.info("persistence")["aof_current_size"] == size


@contextmanager
def stalled(server: embedded.EmbeddedValkey) -> Iterator[None]:
    os.kill(server.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(server.pid, signal.SIGCONT)


def test_a_slow_server_holds_up_nobody_and_its_late_answers_confuse_nobody(
    valkey_server: embedded.EmbeddedValkey, valkey_url: str
) -> None:
    users, took = connected(valkey_url), []
    kept(valkey_url)
    with stalled(valkey_server):
        for user in USERS:
            started = time.monotonic()
            assert not _found(users, user)
            took.append(time.monotonic() - started)
    assert min(took) < PATIENCE_S  # it is known by then to be slow
    assert eventually(lambda: _found(users, USERS[3])) == (b"crc-" + USERS[3], [])


def _found(users: UserStore, user: bytes) -> object:
    try:
        return users.read(user)
    except StoreAway:
        return None


def test_a_server_that_stays_silent_is_given_up_and_found_again(
    valkey_server: embedded.EmbeddedValkey, valkey_url: str
) -> None:
    users = connected(valkey_url)
    with stalled(valkey_server):
        eventually(lambda: not _found(users, USERS[0]) and users.away, every_s=0.01)
    assert not _found(users, USERS[0])  # nobody connects while a decision waits
    eventually(lambda: users.look() or _found(users, USERS[0]))


def test_after_a_fault_no_connection_is_made_for_a_while(valkey_url: str) -> None:
    now = 100.0
    users = UserStore(valkey_url, lambda: now)
    users.look()
    Store(valkey_url).client.client_kill_filter(_type="normal", skipme=True)
    with pytest.raises(StoreAway):
        users.read(USERS[0])
    users.look()
    assert users.away
    now += 0.6
    users.look()
    assert users.read(USERS[0])


def test_a_server_that_is_not_there_is_away(tmp_path: Path) -> None:
    users = UserStore(f"unix://{tmp_path}/none.sock", time.monotonic)
    users.look()
    with pytest.raises(StoreAway):
        users.read(USERS[0])


def test_after_the_master_s_death_users_are_read_from_the_one_that_sentinels_made_master(tmp_path: Path) -> None:
    with sentinels(tmp_path) as watched:
        users = connected(watched.url)
        users.shown(USERS[0], [b"row"])
        watched.master().kill()
        eventually(lambda: not _found(users, USERS[0]))
        eventually(lambda: users.look() or _shown(users), within_s=30.0)
        assert users.read(USERS[0])[1][-1:] == [b"new"]


def _shown(users: UserStore) -> bool:
    """Whether rows are taken by a server that may write."""
    try:
        users.shown(USERS[0], [b"new"])
        return b"new" in users.read(USERS[0])[1]
    except StoreAway:
        return False
