"""What it costs an answer to write its decision down: nowhere, to the journal, to SQLite.

    python -m tests.bench.bench_journal [--rounds 15]

The rest of the answer is the same. Processor time, the least of some rounds taken in turn; a write costs more inside an
answer than alone in a loop, since its system calls leave the processor's caches cold.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import sqlite3
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import numpy as np

from bandit.catalog import Catalog, checked
from bandit.decide import weigh
from bandit.eligibility.plan import Plan
from bandit.shelf import lay_out
from service.access.signing import Signer
from service.deciding.decider import Decider
from service.deciding.knowing import Knowing
from service.outbox.journal import claim
from service.outbox.shared import Outbox, shared
from service.schemas import DecisionRequest
from tests.bench.work import CATALOG, CONTEXT

ANSWERS = 400  # a round


class InSqlite:
    """Rows in a SQLite file with the outbox's own settings, and no unique key to keep."""

    def __init__(self, outbox: Outbox) -> None:
        self._sql = sqlite3.connect(outbox.path, isolation_level=None)
        self._sql.execute("PRAGMA synchronous=OFF")

    def append(self, policy: str, at: float, entry: bytes) -> None:
        self._sql.execute("INSERT INTO row (policy, time, entry) VALUES (?, ?, ?)", (policy, at, entry))


def answering(own: Any, common: Outbox) -> Callable[[], bytes]:
    """One answer after another, decisions going to `own`."""
    catalog = checked(msgspec.convert({**CATALOG, "version": 1}, Catalog))
    shelf = lay_out(catalog, catalog.policies[0])
    table = np.random.default_rng(1).normal(0, 0.01, 1 << 18).astype(np.float32)
    served = SimpleNamespace(shelf=shelf, plan=Plan(shelf), weights=weigh(table, 5_000, shelf))
    serving: Any = SimpleNamespace(ready=True, policy=lambda _: served)
    nobody: Any = SimpleNamespace()  # neither users nor products matter to this catalog
    grants: Any = SimpleNamespace(exhausted=lambda *_: None, take=lambda *_: None)
    stock: Any = SimpleNamespace(unfit=lambda _: None)
    knowing = Knowing(nobody, nobody, grants, stock)
    decider = Decider(serving, own, common, Signer(b"x" * 32), os.urandom, nobody, knowing, grants, stock)
    read = msgspec.json.Decoder(DecisionRequest)
    body = json.dumps({"policy": "bench", "user": {"key": "u-1"}, "context": CONTEXT}).encode()
    return lambda: decider.answer(read.decode(body), time.time())


def took_us(answer: Callable[[], bytes]) -> float:
    began = time.process_time()
    for _ in itertools.repeat(None, ANSWERS):
        answer()
    return (time.process_time() - began) / ANSWERS * 1e6


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--rounds", type=int, default=15)
    rounds = words.parse_args().rounds
    with tempfile.TemporaryDirectory() as folder:
        common = shared(Path(folder))
        nowhere = SimpleNamespace(append=lambda *_: None)
        owns = {"nowhere": nowhere, "journal": claim(Path(folder))[0], "SQLite": InSqlite(common)}
        answers = {name: answering(own, common) for name, own in owns.items()}
        found = [{name: took_us(answer) for name, answer in answers.items()} for _ in range(rounds)]
    least = {name: min(figures[name] for figures in found) for name in answers}
    for name, us in least.items():
        print(f"{name:8} {us:6.1f} us an answer, {us - least['nowhere']:+.1f}")


if __name__ == "__main__":
    main()
