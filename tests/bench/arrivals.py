"""Requests that come when they come, answered or not: what a closed loop of connections cannot show of overload.

Times are counted from when a request was due, so a server that is late cannot slow its own load down.
"""

from __future__ import annotations

import random
import selectors
import socket
import time
from collections import Counter
from typing import NamedTuple
from urllib.parse import urlsplit

import numpy as np

CONNECTIONS = 1_000
DRAIN_S = 2.0  # after the last request was due
FIRST_LOOKS = 20  # requests sent between two looks for answers, when late


class Shown(NamedTuple):
    """What came of one load."""

    due: int
    statuses: Counter[int]  # 0: never sent or never answered
    answered_ms: np.ndarray  # [statuses[200]] from when it was due
    late_ms: float  # p99 of how late this process sent


def load(url: str, body: str, rate_per_s: float, seconds: float, seed: int = 7) -> Shown:
    """POST `body` to a URL with independent gaps between requests, each on a connection that is free."""
    split = urlsplit(url)
    assert split.hostname
    assert split.port
    kind = f"Content-Type: application/json\r\nContent-Length: {len(body)}"
    request = f"POST {split.path} HTTP/1.1\r\nHost: {split.netloc}\r\n{kind}\r\n\r\n{body}"
    sender = _Sender((split.hostname, split.port), request.encode())
    gaps = np.random.default_rng(seed).exponential(1.0 / rate_per_s, int(rate_per_s * seconds))
    due = np.cumsum(gaps) + time.perf_counter() + 0.05
    sender.run(due.tolist())
    return Shown(len(due), sender.statuses, np.array(sender.answered_ms), float(np.percentile(sender.late_ms, 99)))


class _Sender:
    """Connections to one server, idle or waiting for an answer."""

    def __init__(self, address: tuple[str, int], request: bytes) -> None:
        self.statuses: Counter[int] = Counter()
        self.answered_ms: list[float] = []
        self.late_ms: list[float] = [0.0]
        self._request = request
        self._address = address
        self._answers = selectors.EpollSelector()
        self._due: dict[socket.socket, float] = {}
        self._idle = [self._connected() for _ in range(CONNECTIONS)]
        random.Random(7).shuffle(self._idle)

    def run(self, due: list[float]) -> None:
        """Send when due; return once all is answered or DRAIN_S have passed."""
        for i, at in enumerate(due):
            while (left_s := at - time.perf_counter()) > 0:
                self._hear(left_s)
            if i % FIRST_LOOKS == 0:
                self._hear(0)
            self._send(at)
        until = time.perf_counter() + DRAIN_S
        while self._due and time.perf_counter() < until:
            self._hear(0.05)
        self.statuses[0] += len(self._due)
        for line in (*self._idle, *self._due):
            line.close()

    def _send(self, at: float) -> None:
        if not self._idle:
            self.statuses[0] += 1
            return
        line = self._idle.pop()
        self._due[line] = at
        self.late_ms.append((time.perf_counter() - at) * 1e3)
        line.send(self._request)

    def _hear(self, longest_s: float) -> None:
        for key, _ in self._answers.select(max(longest_s, 0)):
            line: socket.socket = key.fileobj  # type: ignore[assignment]
            answer = line.recv(16_384)
            at = self._due.pop(line, None)
            if at is None or not answer:
                self._answers.unregister(line)
                line.close()
                line = self._connected()
            if at is not None:
                status = int(answer[9:12] or 0)
                self.statuses[status] += 1
                if status == 200:
                    self.answered_ms.append((time.perf_counter() - at) * 1e3)
            if at is not None or line not in self._idle:
                self._idle.append(line)

    def _connected(self) -> socket.socket:
        line = socket.create_connection(self._address)
        self._answers.register(line, selectors.EVENT_READ)
        return line
