"""One web worker's decisions, an empty Flask route and a naive service, in turn on the same server: needs `wrk`.

    python -m tests.bench.bench_http [--rounds 3] [--seconds 5] [--apart]

A decision is durable (its journal row is written before the answer): 10 context features, 20 candidates of 8
features each, SquareCB. The naive service answers the same request and writes to a Valkey like ours.
Prints requests/s, latency and the worker's processor time a request at 1 and 16 connections, and our rate against the
others', round by round. `wrk`, shipper, learner and Valkey want processors too, and on two cores they end the rates:
`--apart` gives the web worker under test one processor to itself.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from service import embedded
from tests.bench.load import Figure, Server, apart, flask_app, wrk
from tests.bench.work import CATALOG, CONTEXT
from tests.running import Running

BODY = json.dumps({"policy": "bench", "user": {"key": "u-1"}, "context": CONTEXT})
OURS = "decision"


@contextmanager
def contenders(folder: Path) -> Iterator[dict[str, Server]]:
    """By name."""
    service = Running(folder / "data", CATALOG)
    valkey_folder = folder / "valkey"
    valkey_folder.mkdir()
    try:
        with (
            flask_app("empty_flask", BODY) as empty,
            embedded.start(valkey_folder) as valkey,
            flask_app("naive_service", BODY, VALKEY=valkey.url) as naive,
        ):
            yield {OURS: Server(service.url, service.children()["worker"]), "empty Flask": empty, "naive": naive}
    finally:
        service.stop()


def show(connections: int, rounds: list[dict[str, Figure]]) -> None:
    """Medians, and the ratios of each round."""
    for name in rounds[0]:
        per_s, p50, p99, errors, us = map(statistics.median, zip(*(figures[name] for figures in rounds), strict=True))
        latency = f"p50 {p50:.3f} ms  p99 {p99:.3f} ms  {errors:.0f} errors  worker {us:.0f} us of processor"
        print(f"{connections:>2} connections  {name:12} {per_s:8,.0f}/s  {latency}")
    for name in (name for name in rounds[0] if name != OURS):
        rates = sorted(figures[OURS].per_s / figures[name].per_s for figures in rounds)
        work = statistics.median(figures[name].worker_us / figures[OURS].worker_us for figures in rounds)
        middle = f"{statistics.median(rates):.2f} ({rates[0]:.2f} to {rates[-1]:.2f})"
        print(
            f"{connections:>2} connections  {middle} times the rate of {name}; it takes {work:.2f} times our processor"
        )


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--rounds", type=int, default=3)
    words.add_argument("--seconds", type=int, default=5)
    words.add_argument("--apart", action="store_true", help="processor 0 for the web worker, the others for the rest")
    chosen = words.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with contenders(folder) as servers:
            if chosen.apart:
                apart(server.worker for server in servers.values())
            for connections in (1, 16):
                rounds = [
                    {name: wrk(server, BODY, folder, connections, chosen.seconds) for name, server in servers.items()}
                    for _ in range(chosen.rounds)
                ]
                show(connections, rounds)


if __name__ == "__main__":
    main()
