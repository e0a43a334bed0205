"""The first requests after a start beside later ones: `python -m tests.bench.bench_first [--starts 5]`.

One connection, one request after another: 20 candidates of 8 features, 10 context features. Each start prints the
median and p99 of its first 100 answers, of the next 5,000, the ratio of the p99s and the slowest first answers.
The client's socket is bare, and used before on another service, so that what is slow at first is the service.
"""

from __future__ import annotations

import argparse
import json
import socket
import statistics
import tempfile
import time
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np

from tests.bench.load import flask_app
from tests.bench.work import CATALOG, CONTEXT
from tests.running import Running

BODY = json.dumps({"policy": "bench", "user": {"key": "u-1"}, "context": CONTEXT})
FIRST, STEADY = 100, 5_000


def latencies_ms(url: str, count: int) -> list[float]:
    """Of requests one after another, the connection's first included."""
    where = urlsplit(url)
    host = f"{where.hostname}:{where.port}"
    head = f"POST /v1/decisions HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n"
    asked = f"{head}Content-Length: {len(BODY)}\r\n\r\n{BODY}".encode()
    found = []
    with socket.create_connection((where.hostname, where.port)) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for _ in range(count):
            began = time.perf_counter()
            connection.sendall(asked)
            _read_answer(connection)
            found.append((time.perf_counter() - began) * 1e3)
    return found


def _read_answer(connection: socket.socket) -> None:
    got = connection.recv(65_536)
    assert got.startswith(b"HTTP/1.1 200"), got
    while b"\r\n\r\n" not in got:
        got += connection.recv(65_536)
    head, _, body = got.partition(b"\r\n\r\n")
    (length,) = (
        int(line.partition(b":")[2]) for line in head.split(b"\r\n") if line[:15].lower() == b"content-length:"
    )
    while len(body) < length:
        body += connection.recv(65_536)


def started(folder: Path) -> float:
    """Print the figures of one start; the ratio of the p99s."""
    service = Running(folder, CATALOG)
    try:
        found = latencies_ms(service.url, FIRST + STEADY)
    finally:
        service.stop()
    first, steady = found[:FIRST], found[FIRST:]
    (early, late) = (float(np.percentile(part, 99)) for part in (first, steady))
    slow = ", ".join(f"{first[at]:.2f} ms (request {at + 1})" for at in np.argsort(first)[:-4:-1])
    medians = f"median {statistics.median(first):.3f} and {statistics.median(steady):.3f} ms"
    print(f"{medians}, p99 {early:.2f} and {late:.2f} ms: {early / late:.2f} times; slowest {slow}")
    return early / late


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--starts", type=int, default=5)
    starts = words.parse_args().starts
    with flask_app("empty_flask", BODY) as other:
        latencies_ms(other.url, FIRST)
    with tempfile.TemporaryDirectory() as folder:
        ratios = sorted(started(Path(folder) / f"data-{n}") for n in range(starts))
    print(f"p99 of the first {FIRST} requests over the p99 of the next {STEADY:,}: median ", end="")
    print(f"{statistics.median(ratios):.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f})")


if __name__ == "__main__":
    main()
