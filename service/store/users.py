"""What web workers know of users: read with every decision in one round trip, and never waited for long.

A worker has one connection to each server, made in the background. What is sent is packed here, since a pipeline of
redis-py takes longer than the server does. After a fault no other connection is made for REST_S; a decision goes on
without.
"""

from __future__ import annotations

import threading
from bisect import bisect_left
from collections.abc import Callable, Sequence
from typing import Any

import hiredis
import redis
from redis.crc import key_slot

from service.store.cluster import Cluster
from service.store.commands import StoreAway
from service.store.connecting import client
from service.store.line import Line

REST_S = 0.5  # from a fault to the next connection
SHOWN_KEPT = 128  # rows of a list; a cap counts 100 at most
SHOWN_MS = 300_000  # from the last row to the end of a list
LAST_SLOT = 16_383

_READ = (
    b"*2\r\n$3\r\nGET\r\n$42\r\n{u:%b}:state\r\n*4\r\n$6\r\nLRANGE\r\n$42\r\n{u:%b}:shown\r\n$1\r\n0\r\n$2\r\n-1\r\n"
)
_SHOWN = b"""redis.set_repl(redis.REPL_NONE)
redis.call('RPUSH', KEYS[1], unpack(ARGV))
redis.call('LTRIM', KEYS[1], -%d, -1)
redis.call('PEXPIRE', KEYS[1], %d)""" % (SHOWN_KEPT, SHOWN_MS)
_FAULTS = (redis.RedisError, OSError, hiredis.HiredisError)

Found = tuple[bytes | None, list[bytes]]  # state, rows shown


class UserStore:
    """A worker's connections to the servers that have users. Any thread may use it."""

    def __init__(self, url: str, elapsed: Callable[[], float]) -> None:
        """
        url      as of Store
        elapsed  seconds that never step
        """
        self._client = client(url)
        self._elapsed = elapsed
        self._lock = threading.Lock()
        self._lines: dict[str, Line] = {}  # by server
        self._slots: list[tuple[int, str]] = []  # (last slot, server), rising
        self._rests: dict[str, float] = {}  # server -> until when no connection is made

    @property
    def away(self) -> bool:
        """Whether there is a server that no connection leads to."""
        return not self._slots or any(server not in self._lines for _, server in self._slots)

    def look(self) -> None:
        """Connect where there is no connection. To be called again and again where nobody waits."""
        if not self.away or self._elapsed() < self._rests.get("", 0.0):
            return
        try:
            servers = self._servers()
        except _FAULTS:
            self._rests[""] = self._elapsed() + REST_S
            return
        for server, one in {server: one for _, server, one in servers}.items():
            if server not in self._lines and self._elapsed() >= self._rests.get(server, 0.0):
                self._connect(server, one)
        self._slots = [(last, server) for last, server, _ in servers]

    def read(self, pseudonym: bytes) -> Found:
        """State of a user and rows shown lately. Raises StoreAway, within PATIENCE_S of a line."""
        name = pseudonym.hex().encode()
        with self._lock:
            server, line = self._line(name)
            try:
                line.send(_READ % (name, name), 2)
                state, shown = line.last(2)
            except _FAULTS as fault:
                raise self._ended(server, fault) from None
        return state, shown

    def shown(self, pseudonym: bytes, rows: Sequence[bytes]) -> None:
        """Note ads that were decided on, without waiting for an answer. Raises StoreAway."""
        name = pseudonym.hex().encode()
        packed = b"*%d\r\n$4\r\nEVAL\r\n$%d\r\n%b\r\n$1\r\n1\r\n$42\r\n{u:%b}:shown\r\n" % (
            4 + len(rows), len(_SHOWN), _SHOWN, name,
        )  # fmt: skip
        with self._lock:
            server, line = self._line(name)
            try:
                line.send(packed + b"".join([b"$%d\r\n%b\r\n" % (len(row), row) for row in rows]), 1)
            except _FAULTS as fault:
                raise self._ended(server, fault) from None

    def close(self) -> None:
        with self._lock:
            while self._lines:
                self._lines.popitem()[1].close()
        self._client.close()

    def _line(self, name: bytes) -> tuple[str, Line]:
        slots = self._slots
        at = bisect_left(slots, (key_slot(b"{u:%b}" % name), "")) if len(slots) > 1 else 0
        server = slots[at][1] if at < len(slots) else ""
        line = self._lines.get(server)
        if line is None:
            raise StoreAway("no connection leads to the server that has this user")
        return server, line

    def _ended(self, server: str, fault: Exception) -> StoreAway:
        self._lines.pop(server).close()
        self._rests[server] = self._rests[""] = self._elapsed() + REST_S
        return StoreAway(f"{type(fault).__name__}: {fault}")

    def _servers(self) -> list[tuple[int, str, Any]]:
        """(last slot, server, a client of it), rising."""
        if isinstance(self._client, Cluster):
            return sorted((last, "{}:{}".format(*node), one) for last, node, one in self._client.masters())
        return [(LAST_SLOT, "", self._client)]

    def _connect(self, server: str, one: Any) -> None:
        connection = one.connection_pool.make_connection()
        try:
            connection.connect()
            line = Line(connection, self._elapsed)
        except _FAULTS:
            self._rests[server] = self._rests[""] = self._elapsed() + REST_S
            return
        with self._lock:
            self._lines[server] = line
