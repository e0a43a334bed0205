"""One web worker's decisions beside an empty Flask route on the same server, in turn: needs `wrk`.

    python -m tests.bench.bench_http [--rounds 3] [--seconds 5]

A decision is durable (its outbox row is written before the answer): 10 context features, 20 candidates of 8
features each, SquareCB. Prints requests/s and latency at 1 and 16 connections, and the ratio of each pair.
"""

from __future__ import annotations

import argparse
import json
import re
import socket
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import urllib3

from tests.bench.work import CONTEXT
from tests.running import Json, Running, eventually

CATALOG: Json = {
    "policies": [{"id": "bench", "horizon_s": 600}],
    "placements": [{"id": f"p{i}", "page_type": "home", "features": {"height": i + 1}} for i in range(2)],
    "templates": [
        {
            "id": f"t{i}",
            "features": {"tone": f"tone{i % 3}", "discount": i / 10, "season": "summer", "video": i % 2 == 0,
                         "brand": f"b{i % 4}", "price": 9.9 + i, "colour": f"c{i % 5}"},
            "creative": {"title": f"T{i}", "link": f"https://shop.example/{i}"},
        }
        for i in range(10)
    ],
}  # fmt: skip
SCRIPT = """
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.body = [==[{body}]==]
done = function(summary, latency)
  io.write(string.format("RESULT %.1f %.4f %.4f %d\\n", summary.requests / summary.duration * 1e6,
    latency:percentile(50) / 1000, latency:percentile(99) / 1000,
    summary.errors.status + summary.errors.connect + summary.errors.read + summary.errors.timeout))
end
"""


class Figure(NamedTuple):
    per_s: float
    p50_ms: float
    p99_ms: float
    errors: int


def wrk(url: str, script: Path, connections: int, seconds: int) -> Figure:
    """One measurement."""
    words = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}", "-s", str(script), f"{url}/v1/decisions"]
    out = subprocess.run(words, capture_output=True, text=True, check=True).stdout
    found = re.search(r"RESULT (\S+) (\S+) (\S+) (\d+)", out)
    assert found, out
    return Figure(*map(float, found.groups()[:3]), int(found[4]))


@contextmanager
def empty_flask() -> Iterator[str]:
    """The empty route, on Granian with the service's own options."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    words = [
        "--interface",
        "wsgi",
        "--port",
        str(port),
        "--workers",
        "1",
        "--blocking-threads",
        "1",
        "--no-ws",
    ]
    command = [
        str(Path(sys.executable).parent / "granian"),
        *words,
        "--log-level",
        "warning",
        "empty_flask:app",
    ]
    server = subprocess.Popen(command, cwd=Path(__file__).parent)
    try:
        url = f"http://127.0.0.1:{port}"
        eventually(lambda: _answers(url))
        yield url
    finally:
        server.terminate()
        server.wait()


def _answers(url: str) -> bool:
    try:
        return urllib3.request("POST", f"{url}/v1/decisions", retries=False).status == 200
    except urllib3.exceptions.HTTPError:
        return False


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--rounds", type=int, default=3)
    words.add_argument("--seconds", type=int, default=5)
    chosen = words.parse_args()
    body = json.dumps({"policy": "bench", "user": {"key": "u-1"}, "context": CONTEXT})
    with tempfile.TemporaryDirectory() as folder, empty_flask() as empty:
        script = Path(folder) / "post.lua"
        script.write_text(SCRIPT.replace("{body}", body))
        service = Running(Path(folder) / "data", CATALOG)
        try:
            for connections in (1, 16):
                pairs = [
                    tuple(wrk(url, script, connections, chosen.seconds) for url in (service.url, empty))
                    for _ in range(chosen.rounds)
                ]
                _show(connections, pairs)
        finally:
            service.stop()


def _show(connections: int, pairs: list[tuple[Figure, ...]]) -> None:
    for name, column in (("decision", 0), ("empty Flask", 1)):
        figures = [pair[column] for pair in pairs]
        per_s, p50, p99 = (statistics.median(f[i] for f in figures) for i in range(3))
        errors = sum(f.errors for f in figures)
        latency = f"p50 {p50:.3f} ms  p99 {p99:.3f} ms  {errors} errors"
        print(f"{connections:>2} connections  {name:12} {per_s:8,.0f}/s  {latency}")
    ratios = sorted(pair[0].per_s / pair[1].per_s for pair in pairs)
    middle = statistics.median(ratios)
    print(f"{connections:>2} connections  ratio {middle:.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f})")


if __name__ == "__main__":
    main()
