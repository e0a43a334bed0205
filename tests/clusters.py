"""A real Cluster and a real Sentinel set-up of the embedded server's binary, on loopback, for as long as a block lasts.

Every process dies with the test (processes.tied), however that ends. All of them want a password.
"""

from __future__ import annotations

import random
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import quote

import redis
from redis.crc import REDIS_CLUSTER_HASH_SLOTS, key_slot

from service import embedded
from service.processes import tied
from tests.running import eventually

PASSWORD = "open/sesame?100%"
SENTINEL_PASSWORD = "other:sesame@"
SERVICE = "shop"
NOTICE_S = 1.0  # until the others take a silent server for dead

_BASE = {
    **{name: value for name, value in embedded._OPTIONS.items() if not name.startswith("unix")},
    "bind": "127.0.0.1",
    "protected-mode": "no",
    "requirepass": PASSWORD,
    "masterauth": PASSWORD,
    "appendfsync": "everysec",  # what is tested here is the loss of whole servers
    "repl-diskless-sync-delay": "0",
    "repl-ping-replica-period": "1",
}


class Node:
    """One server, which can be killed and started again."""

    def __init__(self, folder: Path, **options: str) -> None:
        folder.mkdir(parents=True)
        self.port, self.folder = free_port(), folder
        self.options = {**_BASE, "port": str(self.port), "dir": str(folder), **options}
        self.client: Any = redis.Redis(port=self.port, password=PASSWORD, socket_timeout=5.0, decode_responses=True)
        self.start()

    def start(self) -> None:
        words = [word for name, value in self.options.items() for word in (f"--{name}", value)]
        self.process = _spawn([str(embedded._binary()), *words], self.folder)

    def answers(self) -> bool:
        try:
            return bool(self.client.ping())
        except redis.RedisError:
            return False

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def cut_off(self, replicas: list[Node]) -> None:
        """From now on these do not hear of what this master takes, and know the less."""
        for replica in replicas:
            replica.client.config_set("masterauth", "forgotten")
        self.client.client_kill_filter(_type="replica", skipme=False)

    def info(self, field: str) -> Any:
        return self.client.info().get(field)


class Cluster:
    """Three masters with a replica each. `options` go to every server."""

    def __init__(self, folder: Path, replicas: int = 1, **options: str) -> None:
        each = {"cluster-enabled": "yes", "cluster-node-timeout": str(round(NOTICE_S * 1000)), **options}
        self.nodes = [
            Node(folder / str(i), **each, **{"cluster-port": str(free_port())}) for i in range(3 * (1 + replicas))
        ]
        self.url = f"redis+cluster://:{quote(PASSWORD, safe='')}@{_hosts(self.nodes[:3])}"
        eventually(lambda: all(node.answers() for node in self.nodes), 30.0)
        self._meet()

    def owner(self, key: str) -> Node:
        """The master that has a key, as the servers that run say."""
        slot = key_slot(key.encode())
        for node in self.nodes:
            if node.process.poll() is None:
                for first, last, (_, port, *_), *_ in node.client.execute_command("CLUSTER SLOTS"):
                    if first <= slot <= last:
                        return next(one for one in self.nodes if one.port == port)
        raise LookupError(key)

    def replicas(self, master: Node) -> list[Node]:
        return [node for node in self.nodes if node.info("master_port") == master.port]

    def ready(self) -> bool:
        """Whether all slots are served, and every replica is up to date, wherever one looks."""
        try:
            states = [node.client.cluster("INFO") for node in self.nodes]
            links = [node.info("master_link_status") for node in self.nodes]
        except redis.RedisError:
            return False
        return all(state["cluster_state"] == "ok" for state in states) and all(link in ("up", None) for link in links)

    def _meet(self) -> None:
        first, masters = self.nodes[0], self.nodes[:3]
        bounds = [REDIS_CLUSTER_HASH_SLOTS * i // 3 for i in range(4)]
        for node, (start, end) in zip(masters, pairwise(bounds), strict=True):
            node.client.execute_command("CLUSTER ADDSLOTSRANGE", start, end - 1)
        for i, node in enumerate(self.nodes):
            node.client.execute_command("CLUSTER SET-CONFIG-EPOCH", i + 1)
        for node in self.nodes[1:]:
            first.client.execute_command("CLUSTER MEET", "127.0.0.1", node.port, node.options["cluster-port"])
        all_known = {str(len(self.nodes))}
        eventually(
            lambda: {node.client.cluster("INFO")["cluster_known_nodes"] for node in self.nodes} == all_known, 30.0
        )
        for i, node in enumerate(self.nodes[3:]):
            node.client.cluster("REPLICATE", masters[i % 3].client.cluster("MYID"))
        eventually(self.ready, 30.0)


class Sentinels:
    """A master with two replicas, and three Sentinels. `options` go to every server."""

    def __init__(self, folder: Path, **options: str) -> None:
        master = Node(folder / "0", **options)
        eventually(master.answers, 30.0)
        replicaof = {"replicaof": f"127.0.0.1 {master.port}"}
        self.nodes = [master, *(Node(folder / str(i), **options, **replicaof) for i in (1, 2))]
        eventually(lambda: all(node.answers() for node in self.nodes), 30.0)
        eventually(lambda: [node.info("master_link_status") for node in self.nodes[1:]] == ["up", "up"], 30.0)
        self.sentinels = [Sentinel(folder / f"sentinel-{i}", master.port) for i in range(3)]
        eventually(lambda: all(sentinel.sees() == (2, 2) for sentinel in self.sentinels), 30.0)
        before, after = quote(PASSWORD, safe=""), quote(SENTINEL_PASSWORD, safe="")
        self.url = f"redis+sentinel://:{before}@{_hosts(self.sentinels)}/{SERVICE}?sentinel_password={after}"

    def master(self) -> Node:
        """As the first Sentinel has it."""
        port = self.sentinels[0].client.sentinel_get_master_addr_by_name(SERVICE)[1]
        return next(node for node in self.nodes if node.port == int(port))


class Sentinel:
    def __init__(self, folder: Path, master: int) -> None:
        folder.mkdir(parents=True)
        self.port = free_port()
        file = folder / "sentinel.conf"
        file.write_text(
            f"port {self.port}\nbind 127.0.0.1\ndir {folder}\nrequirepass {SENTINEL_PASSWORD}\n"
            f"sentinel sentinel-pass {SENTINEL_PASSWORD}\n"
            f"sentinel monitor {SERVICE} 127.0.0.1 {master} 2\nsentinel auth-pass {SERVICE} {PASSWORD}\n"
            f"sentinel down-after-milliseconds {SERVICE} {round(NOTICE_S * 1000)}\n"
            f"sentinel failover-timeout {SERVICE} 3000\n"
        )
        self.process = _spawn([str(embedded._binary()), str(file), "--sentinel"], folder)
        self.client: Any = redis.Redis(port=self.port, password=SENTINEL_PASSWORD, decode_responses=True)

    def sees(self) -> tuple[int, int] | None:
        """Replicas and other Sentinels it knows."""
        try:
            state = self.client.sentinel_master(SERVICE)
        except redis.RedisError:
            return None
        return state["num-slaves"], state["num-other-sentinels"]


@contextmanager
def a_cluster(folder: Path, replicas: int = 1, **options: str) -> Iterator[Cluster]:
    with killed_at_the_end():
        yield Cluster(folder, replicas, **options)


@contextmanager
def sentinels(folder: Path, **options: str) -> Iterator[Sentinels]:
    with killed_at_the_end():
        yield Sentinels(folder, **options)


def free_port() -> int:
    """A port of loopback that nobody has, outside the range that the kernel gives to connections."""
    while True:
        port = random.randrange(10_000, 30_000)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


_spawned: list[subprocess.Popen[bytes]] = []


def _spawn(argv: list[str], folder: Path) -> subprocess.Popen[bytes]:
    with (folder / "log").open("ab") as log:
        process = subprocess.Popen(tied(argv), stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=folder)
    _spawned.append(process)
    return process


@contextmanager
def killed_at_the_end() -> Iterator[None]:
    """Every server started in the block is killed when it ends."""
    first = len(_spawned)
    try:
        yield
    finally:
        for process in _spawned[first:]:
            process.kill()
            process.wait()
        del _spawned[first:]


def _hosts(servers: Any) -> str:
    return ",".join(f"127.0.0.1:{server.port}" for server in servers)
