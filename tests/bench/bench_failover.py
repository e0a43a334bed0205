"""What a failover costs: how much of what a master acknowledged is gone with it, and how long nothing can be shipped.

    python -m tests.bench.bench_failover [--kills 20]    # so many without a guard, and half of it with each

A Cluster of three masters with two replicas each, and one shipper that writes ten entries at a time without pause. The
master it writes to is lost in the middle of that, and started again once another has taken over. There are three ways.
Its process is killed, and what it had sent still arrives. Its machine is lost, and what was under way to its replicas
with it: they are 20 ms away, as in another building, and the shipper is near. Or its replicas had been cut off from it.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import tempfile
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from redis.crc import key_slot

from service.store.commands import Store, StoreAway
from tests.clusters import PASSWORD, Cluster, Node, a_cluster
from tests.running import eventually

ROWS = 10  # shipped at once
ENTRY = bytes(300)
LOAD_S = (0.5, 0.8)  # before a kill: not always at the same moment
CUT_OFF_S = 3.0  # before a kill that replicas are cut off
POLICY = "home"


class Loss(NamedTuple):
    entries: int  # acknowledged, and not there afterwards
    seconds: float  # before the kill that they were acknowledged in
    away_s: float  # from the kill to the next entry acknowledged


class Way(NamedTuple):
    """How a master is lost."""

    name: str
    lag_s: float = 0.0
    machine: bool = False
    cut_off: bool = False


class Line:
    """A port that leads to a server. What the server sends to its replicas takes its time, and is lost with it."""

    def __init__(self, loop: asyncio.AbstractEventLoop, server_port: int) -> None:
        self.lag_s = 0.0
        self._server_port, self._loop = server_port, loop
        self._open: set[asyncio.StreamWriter] = set()
        started = asyncio.run_coroutine_threadsafe(asyncio.start_server(self._lead, "127.0.0.1", 0), loop).result()
        self.port = int(started.sockets[0].getsockname()[1])

    def cut(self) -> None:
        """Lose all that is under way."""
        self._loop.call_soon_threadsafe(lambda: [writer.transport.abort() for writer in self._open])

    async def _lead(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            there, back = await asyncio.open_connection("127.0.0.1", self._server_port)
            self._open |= {writer, back}
            replicates: list[bool] = []
            await asyncio.gather(self._tell(reader, back, replicates), self._answer(there, writer, replicates))

    async def _tell(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, replicates: list[bool]) -> None:
        while chunk := await reader.read(65536):
            if b"PSYNC" in chunk:
                replicates.append(True)
            writer.write(chunk)
        writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, replicates: list[bool]) -> None:
        while chunk := await reader.read(65536):
            if replicates and self.lag_s:
                self._loop.call_later(self.lag_s, _write, writer, chunk)
            else:
                writer.write(chunk)
        if not replicates:
            writer.close()


def _write(writer: asyncio.StreamWriter, chunk: bytes) -> None:
    if not writer.transport.is_closing():
        writer.write(chunk)


class Trial:
    """The cluster, its lines, and a shipper."""

    def __init__(self, cluster: Cluster) -> None:
        loop = asyncio.new_event_loop()
        threading.Thread(target=loop.run_forever, daemon=True).start()
        self.cluster = cluster
        self.lines = {node.port: Line(loop, node.port) for node in cluster.nodes}
        for node in cluster.nodes:
            port = self.lines[node.port].port
            node.client.config_set("cluster-announce-port", port)
            node.options["cluster-announce-port"] = str(port)
        eventually(self._all_lead_through_lines, 60.0)

    def settle(self, lag_s: float, least: int) -> None:
        """Bring all servers to one state."""
        for node in self.cluster.nodes:
            self._revive(node)
            eventually(node.answers, 60.0)
            node.client.config_set("min-replicas-to-write", least)
            node.client.config_set("min-replicas-max-lag", 1)
            self.lines[node.port].lag_s = lag_s
        eventually(lambda: [self._revive(node) for node in self.cluster.nodes] and self.cluster.ready(), 60.0)

    def _revive(self, node: Node) -> None:
        if node.process.poll() is not None:
            node.start()

    def lose(self, store: Store, load_s: float, way: Way) -> Loss:
        """Write, kill, and write on."""
        row, acknowledged = store.shipped(POLICY, "box"), [(time.monotonic(), store.shipped(POLICY, "box"))]
        master = self._master()
        killer = threading.Timer(load_s, self._kill, [master, way])
        killer.start()
        self.killed_at = float("inf")
        while True:
            try:
                store.ship(POLICY, "box", [(row + i, ENTRY) for i in range(1, ROWS + 1)], after=row)
            except StoreAway:
                if time.monotonic() > self.killed_at:
                    break
                with suppress(StoreAway):
                    row = store.shipped(POLICY, "box")  # it was refused, or too few replicas had it in time
            else:
                row += ROWS
                acknowledged.append((time.monotonic(), row))
        killer.join()
        found, away_s = self._write_on(store)
        lost = [when for when, reached in acknowledged if reached > found]
        master.start()
        eventually(master.answers)
        return Loss(max(0, acknowledged[-1][1] - found), self.killed_at - lost[0] if lost else 0.0, away_s)

    def _write_on(self, store: Store) -> tuple[int, float]:
        """Where the log ends for whoever took over, and how long after the kill that took the next entry."""
        while True:
            with suppress(StoreAway):
                found = store.shipped(POLICY, "box")
                store.ship(POLICY, "box", [(found + 1, ENTRY)], after=found)
                return found, time.monotonic() - self.killed_at
            time.sleep(0.02)

    def _kill(self, master: Node, way: Way) -> None:
        line = self.lines[master.port]
        replicas = [node for node in self.cluster.nodes if node.info("master_port") == line.port]
        if way.cut_off:
            master.cut_off(replicas)
            time.sleep(CUT_OFF_S)
        self.killed_at = time.monotonic()
        if way.machine:
            line.cut()
        master.kill()
        for node in replicas:
            node.client.config_set("masterauth", PASSWORD)

    def _master(self) -> Node:
        leading = {line.port: port for port, line in self.lines.items()}
        nodes = {node.port: node for node in self.cluster.nodes}
        for node in nodes.values():
            if "master" in node.info("role"):
                slots = node.client.execute_command("CLUSTER SLOTS")
                port = next(nodes_[1] for first, last, nodes_, *_ in slots if first <= _slot() <= last)
                return nodes[leading[port]]
        raise LookupError("no master")

    def _all_lead_through_lines(self) -> bool:
        ports = {line.port for line in self.lines.values()}
        told = [node.client.execute_command("CLUSTER SLOTS") for node in self.cluster.nodes]
        known = {one[1] for slots in told for _, _, *nodes in slots for one in nodes}
        links = {node.info("master_port") for node in self.cluster.nodes} - {None}
        return known <= ports and links <= ports and self.cluster.ready()


def _slot() -> int:
    return int(key_slot(POLICY.encode()))


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("--kills", type=int, default=20)
    kills = parser.parse_args().kills
    ways = (
        Way("process killed"),
        Way("machine lost", lag_s=0.02, machine=True),
        Way(f"replicas cut off {CUT_OFF_S:g} s before", cut_off=True),
    )
    guards = (("none", 0, 0), ("min-replicas-to-write 1", 1, 0), ("ADBANDIT_REDIS_WAIT=1", 0, 1))
    print(f"{'':32}{'guard':26}{'lost some':>10}{'most entries':>14}{'most seconds':>14}{'away: median, most':>20}")
    # No migration: a master that has lost a replica to another would wait for one with no end.
    stay = {"cluster-allow-replica-migration": "no"}
    with tempfile.TemporaryDirectory() as folder, a_cluster(Path(folder) / "cluster", replicas=2, **stay) as cluster:
        trial = Trial(cluster)
        for way in ways:
            for guard, least, wait in guards[:1] if way.cut_off else guards:  # either would refuse what then is lost
                store, losses = Store(cluster.url, replicas=wait), []
                for i in range(kills if guard == "none" else kills // 2):
                    trial.settle(way.lag_s, least)
                    losses.append(trial.lose(store, LOAD_S[i % 2] + 0.01 * i, way))
                trial.settle(0.0, 0)
                print(f"{way.name:32}{guard:26}{_told(losses)}", flush=True)


def _told(losses: list[Loss]) -> str:
    some = [loss for loss in losses if loss.entries]
    entries, seconds = max(loss.entries for loss in losses), max(loss.seconds for loss in losses)
    away = [loss.away_s for loss in losses]
    of, pause = f"{len(some)} of {len(losses)}", f"{statistics.median(away):.1f}, {max(away):.1f} s"
    return f"{of:>10}{entries:>14}{f'{seconds:.3f}':>14}{pause:>20}"


if __name__ == "__main__":
    main()
