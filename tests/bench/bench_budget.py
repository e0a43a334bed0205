"""How well budgets are kept by many workers: `python -m tests.bench.bench_budget [seconds]`.

Eight workers, a shipper and a bookkeeper over an embedded Valkey. Budgets end half-way; what was spent is counted from
the log.
"""

from __future__ import annotations

import os
import platform
import sys
import tempfile
import time
from pathlib import Path

from service import embedded
from service.budgets.grants import Grants
from service.store.budgets import Budgets
from service.store.commands import Store
from tests.service.budgets.shop import Shop, Sold, World

WORKERS = 8
SOLD = (
    Sold("mille", 5.0, 5.0, 0.9),
    Sold("click", 0.5, 40.0, 0.1),
    Sold("action", 4.0, 120.0, 0.05),
)


def main(lasts_s: float = 25.0) -> None:
    with tempfile.TemporaryDirectory() as folder, embedded.start(Path(folder) / "valkey") as server:
        world = World(server.url, Path(folder) / "outbox", SOLD)
        shop = Shop(world)
        shop.hire(WORKERS)
        time.sleep(lasts_s)
        shop.close()
        print(f"{WORKERS} workers, {lasts_s:.0f} s, {os.cpu_count()} cores of {platform.machine()}")
        for sold, cost in zip(SOLD, shop.costs(), strict=True):
            over = max(0.0, cost / sold.budget - 1.0)
            under = max(0.0, 1.0 - cost / sold.budget)
            print(f"{sold.per:7s} budget {sold.budget:7.2f} spent {cost:8.3f} over {over:6.2%} under {under:6.2%}")
        print(f"an exchange of {len(SOLD)} campaigns: {1e6 * _exchange_s(world, 3):.0f} us")
        many = world._replace(sold=SOLD[1:2] * 300)
        print(f"of {len(many.sold)} campaigns: {1e6 * _exchange_s(many, len(many.sold)):.0f} us")
        print(f"an ad taken: {1e9 * _take_s(world):.0f} ns")


def _exchange_s(world: World, campaigns: int) -> float:
    """Processor time of this process and the wait for the server, of the fastest of some exchanges."""
    grants, catalog = Grants(Budgets(Store(world.url)), f"bench-{campaigns}"), world.catalog()
    best = float("inf")
    for i in range(20):
        begun = time.perf_counter()
        grants.refresh(catalog, time.time(), 10.0 * i)  # all is due each time
        best = min(best, time.perf_counter() - begun)
    return best


def _take_s(world: World) -> float:
    grants, catalog = Grants(Budgets(Store(world.url)), "bench-take"), world.catalog()
    grants.refresh(catalog, time.time(), 0.0)
    now, begun = time.time(), time.process_time()
    for _ in range(100_000):
        grants.take("home", "c0", now)
    return (time.process_time() - begun) / 100_000


if __name__ == "__main__":
    main(*map(float, sys.argv[1:]))
