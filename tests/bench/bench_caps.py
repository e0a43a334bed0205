"""How far a cap is overshot when many ask for one user at once, of several web workers.

    python -m tests.bench.bench_caps [--users 100] [--workers 2]

Each user is asked for by 1, 2, 4 and 8 callers at the same moment, again and again until none gets the capped ad.
"""

from __future__ import annotations

import argparse
import os
import platform
import tempfile
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from tests.catalogs import Json
from tests.running import Running

CAP = 3
CATALOG: Json = {
    "policies": [{"id": "home", "horizon_s": 60}],
    "placements": [{"id": "hero"}],
    "campaigns": [{"id": "shoes", "caps": [{"impressions": CAP, "hours": 24}]}],
    "templates": [{"id": "sale", "campaign": "shoes"}],
}


@contextmanager
def a_shop(workers: int) -> Iterator[Running]:
    with tempfile.TemporaryDirectory() as folder:
        shop = Running(Path(folder) / "data", CATALOG, ADBANDIT_WORKERS=str(workers))
        try:
            yield shop
        finally:
            shop.stop()


def shown(shop: Running, hands: ThreadPoolExecutor, callers: int, user: str) -> int:
    """Ads of the capped campaign that a user got."""
    together = threading.Barrier(callers)

    def ask(_: int) -> int:
        total = 0
        for _ in range(CAP + 2):
            together.wait()
            total += len(shop.decide(policy="home", user={"key": user})["ads"])
        return total

    return sum(hands.map(ask, range(callers)))


def main() -> None:
    words = argparse.ArgumentParser()
    words.add_argument("--users", type=int, default=100)
    words.add_argument("--workers", type=int, default=2)
    chosen = words.parse_args()
    cores = f"{os.cpu_count()} cores of {platform.machine()}"
    print(f"{cores}, {chosen.workers} web workers, {chosen.users} users, a cap of {CAP}")
    print("callers at once   ads over the cap: mean   most")
    with a_shop(chosen.workers) as shop, ThreadPoolExecutor(8) as hands:
        for callers in (1, 2, 4, 8):
            over = [shown(shop, hands, callers, f"u-{callers}-{n}") - CAP for n in range(chosen.users)]
            print(f"{callers:15d} {sum(over) / len(over):24.2f} {max(over):6d}")


if __name__ == "__main__":
    main()
