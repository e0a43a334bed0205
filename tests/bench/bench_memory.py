"""Bytes of Redis a decision takes before it is archived: `python -m tests.bench.bench_memory [--decisions 20000]`.

10 context features, 20 candidates of 8 features, decided, journalled and shipped by the service's own code into an
embedded Valkey. Prints the entry as encoded, `MEMORY USAGE` of the log, and what `used_memory` grew by.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from pathlib import Path

import msgspec
import numpy as np
import redis

from bandit.catalog import Catalog, checked
from bandit.codec import encode
from bandit.decide import Ask, decide, weigh
from bandit.shelf import lay_out
from service import embedded
from service.outbox.journal import claim
from service.outbox.ship import Shipper
from service.store.commands import Store
from tests.bench.work import CATALOG, CONTEXT


def accept(outbox: Path, count: int) -> int:
    """Write decisions to a journal, each by another user; the bytes of their entries."""
    catalog = checked(msgspec.convert({**CATALOG, "version": 1}, Catalog))
    shelf = lay_out(catalog, catalog.policies[0])
    weights = weigh(np.random.default_rng(1).normal(0, 0.01, 1 << 18).astype(np.float32), 5_000, shelf)
    journal, now, written = claim(outbox)[0], time.time(), 0
    for n in range(count):
        context = CONTEXT | {"hour": n % 24, "user": CONTEXT["user"] | {"visits": n % 50}}
        ask = Ask(id=os.urandom(16), time=now + n / 1_000, user=os.urandom(16), context=context)
        entry = encode(decide(ask, shelf, weights))
        journal.append("bench", ask.time, entry)
        written += len(entry)
    return written


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--decisions", type=int, default=20_000)
    count = words.parse_args().decisions
    with tempfile.TemporaryDirectory() as name:
        outbox, folder = Path(name) / "outbox", Path(name) / "valkey"
        outbox.mkdir()
        folder.mkdir()
        written = accept(outbox, count)
        with embedded.start(folder) as valkey:
            client = redis.Redis.from_url(valkey.url)
            before = client.info("memory")["used_memory"]
            shipper = Shipper(outbox, Store(valkey.url), time.time, time.monotonic)
            while shipper.round({"bench": 600.0}):
                pass
            grown = client.info("memory")["used_memory"] - before
            log = client.memory_usage("{bench}:log", samples=0)
            length = client.xlen("{bench}:log")
    print(f"{count:,} decisions of 20 candidates, {length:,} entries in the log; bytes a decision:")
    print(f"entry {written / count:.0f}, log {log / count:.0f}, used_memory {grown / count:.0f}")


if __name__ == "__main__":
    main()
