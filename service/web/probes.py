"""Requests that a worker sends itself, to see how long they wait: kept-alive connections, one probe under way on each.

Several workers listen on one port, and the kernel chooses who gets a connection. The path of a probe holds a word that
only its worker knows: an answer with another status came from elsewhere, and that connection is given up.
"""

from __future__ import annotations

import selectors
import socket
import threading
from collections.abc import Callable
from typing import NamedTuple

from service.web.waiting import Waiting

QUIET_S = 0.05  # longest pause between probes while nothing waits, and no longer than the limit
PRESSED_S = 0.01  # longest pause while something does, and no longer than a fifth of the limit
MOST_PROBES = 8  # under way at once; a wait is seen to the pause, or to an eighth of itself if it is longer
STUCK_S = 30.0  # as long as Granian gives a client for its headers; a body has all the time in the world
AFTER_ALL_S = 1.0  # longer than it takes to answer or refuse all that can wait
CONNECT_S = 1.0
FOUND = b"HTTP/1.1 204"


class Address(NamedTuple):
    """Where the worker listens."""

    host: str
    port: int


class Prober:
    """One worker's probes."""

    def __init__(self, address: Address, path: str, waiting: Waiting, elapsed: Callable[[], float]) -> None:
        """
        path     what the worker answers with 204 and no other does; a probe's number is put behind it
        elapsed  seconds that never step
        """
        self._address = address
        self._path = path
        self._waiting = waiting
        self._elapsed = elapsed
        self._quiet_s = min(QUIET_S, waiting.limit_s)
        self._pressed_s = min(PRESSED_S, waiting.limit_s / 5)
        self._free: dict[int, socket.socket] = {}  # by probe; known to lead here
        self._asked: set[int] = set()  # those with a probe under way
        self._answers = selectors.DefaultSelector()

    def run(self, stuck: Callable[[], None]) -> None:
        """Probe for ever.

        stuck  called once no probe has come up for STUCK_S
        """
        while True:
            self._hear()
            self._open()
            self._send()
            if self._waiting.seconds(self._elapsed()) > STUCK_S and not self._moves():
                stuck()

    def _moves(self) -> bool:
        """Whether probes come up after all: what waited may be a process that was stopped, and now goes on."""
        until = self._elapsed() + AFTER_ALL_S
        while self._elapsed() < until:
            self._hear()
            if self._waiting.seconds(self._elapsed()) < STUCK_S:
                return True
        return False

    def _hear(self) -> None:
        """Take in answers for the length of a pause."""
        pressed = self._waiting.seconds(self._elapsed()) > self._pressed_s
        pause_s = self._pressed_s if pressed else self._quiet_s
        until = self._elapsed() + pause_s
        while (left_s := until - self._elapsed()) > 0:
            for key, _ in self._answers.select(left_s):
                self._answered(key.data, key.fileobj)  # type: ignore[arg-type]

    def _answered(self, probe: int, line: socket.socket) -> None:
        self._asked.discard(probe)
        self._answers.unregister(line)
        if _received(line).startswith(FOUND):
            self._free[probe] = line
        else:
            self._drop(probe, line)

    def _open(self) -> None:
        """Have one connection more, up to MOST_PROBES; its first probe only shows where it leads."""
        probe = next((n for n in range(MOST_PROBES) if n not in self._asked and n not in self._free), None)
        if probe is None:
            return
        try:
            line = socket.create_connection(self._address, timeout=CONNECT_S)
        except OSError:  # not listening yet, or no more
            return
        self._ask(probe, line)

    def _send(self) -> None:
        """Send a probe on the connection that was free longest."""
        if self._free:
            probe = next(iter(self._free))
            self._waiting.sent(probe, self._elapsed())
            self._ask(probe, self._free.pop(probe))

    def _ask(self, probe: int, line: socket.socket) -> None:
        try:
            line.sendall(f"GET {self._path}{probe} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        except OSError:
            self._drop(probe, line)
        else:
            self._asked.add(probe)
            self._answers.register(line, selectors.EVENT_READ, probe)

    def _drop(self, probe: int, line: socket.socket) -> None:
        line.close()
        self._waiting.lost(probe)


def _received(line: socket.socket) -> bytes:
    """An answer, which fits one packet; empty if the connection broke."""
    try:
        return line.recv(4096)
    except OSError:
        return b""


def start(prober: Prober, stuck: Callable[[], None]) -> None:
    """Probe from a thread of its own."""
    threading.Thread(target=prober.run, args=(stuck,), name="probes", daemon=True).start()
