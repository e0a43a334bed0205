"""A decision with profile, caps, budgets, targeting and fatigue beside the same request without: needs `wrk`.

    python -m tests.bench.bench_ad_system [--rounds 3] [--seconds 5] [--users 10000] [--apart]

Both services are asked the same: 10 context features, 20 candidates, one of 10,000 users in turn. The one knows of each
user what it viewed and was shown, and keeps caps, a budget and rules for each of its campaigns; the other has none of
that. Prints requests/s, latency and the worker's processor time a request, and the share of the plain rate left.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.bench.load import Figure, Server, apart, wrk
from tests.bench.work import CATALOG, CONTEXT
from tests.running import Running, eventually

BODY = json.dumps({"policy": "bench", "user": {"key": "USER"}, "context": CONTEXT})
PLAIN, FULL = "plain", "full"
EURO = "EUR"


def full_catalog() -> dict[str, Any]:
    """The plain one, with all that an ad manager may want of its campaigns."""
    money = {"value": 1e6, "currency": EURO}
    campaigns = [
        {
            "id": f"c{i}",
            "caps": [{"impressions": 100, "hours": 24}],
            "price": {"per": "click", "amount": {"value": 0.2, "currency": EURO}},
            "budget": {"daily": money},
            "targeting": {"device": ["mobile", "tablet"]},
        }
        for i in range(5)
    ]
    templates = [
        template | {"campaign": f"c{i % 5}", "caps": [{"impressions": 50, "hours": 1}]}
        for i, template in enumerate(CATALOG["templates"])
    ]
    policies = [policy | {"profiles": True, "fatigue": True} for policy in CATALOG["policies"]]
    return CATALOG | {"policies": policies, "campaigns": campaigns, "templates": templates}


def let_it_know(service: Running, users: int) -> None:
    """Have every user look at some products and be shown some ads."""
    views = [
        {
            "id": f"a{n}-{i}",
            "type": "view",
            "user": {"key": f"u-{n}"},
            "product": f"p{i}",
            "category": f"c{(n + i) % 7}",
        }
        for n in range(users)
        for i in range(3)
    ]
    for first in range(0, len(views), 500):
        status, answer = service.call("POST", "/v1/activity", {"activities": views[first : first + 500]})
        assert status == 202, answer
    last = f"/v1/users/u-{users - 1}"
    eventually(lambda: service.call("GET", last)[0] == 200, 60.0)


@contextmanager
def contenders(folder: Path, users: int) -> Iterator[dict[str, Server]]:
    """By name."""
    services = {PLAIN: Running(folder / "plain", CATALOG), FULL: Running(folder / "full", full_catalog())}
    try:
        let_it_know(services[FULL], users)
        yield {name: Server(service.url, service.children()["worker"]) for name, service in services.items()}
    finally:
        for service in services.values():
            service.stop()


def show(connections: int, rounds: list[dict[str, Figure]]) -> None:
    """Medians, and the share of each round."""
    for name in rounds[0]:
        per_s, p50, p99, errors, us = map(statistics.median, zip(*(figures[name] for figures in rounds), strict=True))
        latency = f"p50 {p50:.3f} ms  p99 {p99:.3f} ms  {errors:.0f} errors  worker {us:.0f} us of processor"
        print(f"{connections:>2} connections  {name:6} {per_s:8,.0f}/s  {latency}")
    shares = sorted(figures[FULL].per_s / figures[PLAIN].per_s for figures in rounds)
    print(
        f"{connections:>2} connections  {statistics.median(shares):.0%} ({shares[0]:.0%} to {shares[-1]:.0%}) is left"
    )


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--rounds", type=int, default=3)
    words.add_argument("--seconds", type=int, default=5)
    words.add_argument("--users", type=int, default=10_000)
    words.add_argument("--apart", action="store_true", help="processor 0 for the web worker, the others for the rest")
    chosen = words.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with contenders(folder, chosen.users) as servers:
            if chosen.apart:
                apart(server.worker for server in servers.values())
            for connections in (1, 16):
                rounds = [
                    {
                        name: wrk(server, BODY, folder, connections, chosen.seconds, chosen.users)
                        for name, server in servers.items()
                    }
                    for _ in range(chosen.rounds)
                ]
                show(connections, rounds)


if __name__ == "__main__":
    main()
