"""Sentinels are believed about who is master, and TLS lets in nobody whose certificate does not hold."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import quote

import pytest

from service.store.commands import START, Store, StoreAway
from tests.clusters import (
    PASSWORD,
    SENTINEL_PASSWORD,
    SERVICE,
    Node,
    Sentinel,
    a_cluster,
    killed_at_the_end,
    sentinels,
)
from tests.running import eventually
from tests.service.store.test_cluster import shipped
from tests.tls import Authority, door

POLICIES = ("home", "shop", "list")  # one on each of three nodes


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    node = Node(tmp_path_factory.mktemp("server") / "0", requirepass="sesame")
    node.client.connection_pool.connection_kwargs["password"] = "sesame"
    eventually(node.answers)
    yield node
    node.kill()


def test_after_the_master_s_death_the_one_that_sentinels_made_master_is_used(tmp_path: Path) -> None:
    with sentinels(tmp_path) as watched:
        store = Store(watched.url)
        assert shipped(Store(watched.url, replicas=2), 1)
        watched.master().kill()
        with pytest.raises(StoreAway) as away:
            store.ship("home", "box", [(2, b"2")], after=1)
        eventually(lambda: shipped(store, 2))
        assert PASSWORD not in str(away.value)
        assert [entry.stored for entry in store.log("home", START, count=9)] == [b"1", b"2"]


def test_what_a_master_took_after_another_was_made_master_is_shipped_to_that_one(tmp_path: Path) -> None:
    with sentinels(tmp_path) as watched:
        store, old = Store(watched.url), watched.master()
        assert shipped(store, 1)
        watched.sentinels[0].client.execute_command("SENTINEL FAILOVER", "shop")
        eventually(lambda: watched.master() is not old)
        assert shipped(store, 2)  # to the old one, which nobody has told yet
        old.kill()
        eventually(lambda: shipped(store, 2) and watched.master().client.hget("{home}:shipped", "box") == "2")


def test_a_server_is_reached_over_tls_by_whom_its_authority_is_known(authority: Authority, server: Node) -> None:
    with door(authority.sign("right", "IP:127.0.0.1"), server.port) as port:
        Store(f"rediss://:sesame@127.0.0.1:{port}/0?ssl_ca_certs={authority.file}").ping()


def test_a_certificate_nobody_known_has_signed_is_refused(authority: Authority, server: Node, tmp_path: Path) -> None:
    other = Authority(tmp_path)
    with door(authority.sign("unknown", "IP:127.0.0.1"), server.port) as port:
        for known in ("", f"?ssl_ca_certs={other.file}"):
            with pytest.raises(StoreAway, match=r"(?i)certificate") as away:
                Store(f"rediss://:sesame@127.0.0.1:{port}/0{known}").ping()
            assert "sesame" not in str(away.value)


def test_a_certificate_of_another_host_is_refused_unless_that_is_asked_for(authority: Authority, server: Node) -> None:
    with door(authority.sign("elsewhere", "DNS:elsewhere.test"), server.port) as port:
        url = f"rediss://:sesame@127.0.0.1:{port}/0?ssl_ca_certs={authority.file}"
        with pytest.raises(StoreAway, match=r"(?i)certificate"):
            Store(url).ping()
        Store(f"{url}&ssl_check_hostname=false").ping()


def test_a_server_that_wants_to_know_its_clients_gets_their_certificate(authority: Authority, server: Node) -> None:
    client = authority.sign("client", "DNS:client.test")
    with door(authority.sign("strict", "IP:127.0.0.1"), server.port, clients=authority.file) as port:
        url = f"rediss://:sesame@127.0.0.1:{port}/0?ssl_ca_certs={authority.file}"
        with pytest.raises(StoreAway):
            Store(url).ping()
        Store(f"{url}&ssl_certfile={client}&ssl_keyfile={client}").ping()


def test_a_wrong_password_is_away_and_not_repeated(authority: Authority, server: Node) -> None:
    with door(authority.sign("plain", "IP:127.0.0.1"), server.port) as port, pytest.raises(StoreAway) as away:
        Store(f"rediss://:wrong-sesame@127.0.0.1:{port}/0?ssl_ca_certs={authority.file}").ping()
    assert "sesame" not in str(away.value)


def test_all_nodes_of_a_cluster_are_reached_over_tls(authority: Authority, tmp_path: Path) -> None:
    certificate = authority.sign("nodes", "IP:127.0.0.1")
    with a_cluster(tmp_path, replicas=0) as cluster, ExitStack() as doors:
        assert {cluster.owner(policy).port for policy in POLICIES} == {node.port for node in cluster.nodes}
        ports = [doors.enter_context(door(certificate, node.port)) for node in cluster.nodes]
        for node, port in zip(cluster.nodes, ports, strict=True):
            node.client.config_set("cluster-announce-port", port)
        url = f"rediss+cluster://:{quote(PASSWORD, safe='')}@127.0.0.1:{ports[0]}"
        store = Store(f"{url}?ssl_ca_certs={authority.file}")
        eventually(lambda: all(shipped(store, 1, policy) for policy in POLICIES))
        with pytest.raises(StoreAway, match=r"(?i)certificate"):
            Store(url).ping()


def test_sentinels_and_the_master_they_name_are_reached_over_tls(authority: Authority, tmp_path: Path) -> None:
    certificate = authority.sign("watched", "IP:127.0.0.1")
    with killed_at_the_end(), ExitStack() as doors:
        master = Node(tmp_path / "0")
        before_master = doors.enter_context(door(certificate, master.port))
        port = doors.enter_context(door(certificate, Sentinel(tmp_path / "sentinel", before_master).port))
        url = f"rediss+sentinel://:{quote(PASSWORD, safe='')}@127.0.0.1:{port}/{SERVICE}"
        url += f"?sentinel_password={quote(SENTINEL_PASSWORD, safe='')}"
        store = Store(f"{url}&ssl_ca_certs={authority.file}")
        eventually(lambda: shipped(store, 1))
        with pytest.raises(StoreAway):
            Store(url).ping()
