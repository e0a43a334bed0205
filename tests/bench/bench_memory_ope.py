"""How much memory an evaluation of ten million rounds takes, and how long: the log is read in batches.

    python -m tests.bench.bench_memory_ope [rounds]

Writes a Parquet table with ten candidates a round into a scratch folder, part by part, and evaluates it in a process of
its own: every estimator, cross-fitted reward models, intervals. Prints the peak of that process's memory, which must
stay below 4 GB for ten million rounds.
"""

from __future__ import annotations

import platform
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import polars as pl

from simulations.evaluation.evaluate import evaluate
from simulations.logs.table import TableLog
from simulations.logs.table_rows import Named

ROUNDS = 10_000_000
PART = 500_000  # rounds of a file
ACTIONS = 10
MOST_GB = 4.0


def write(folder: Path, rounds: int) -> None:
    """A log whose policy likes some actions more, and whose rewards depend on a feature."""
    chance = np.random.default_rng(1)
    appeal = np.linspace(0.01, 0.05, ACTIONS)
    for part in range(0, rounds, PART):
        n = min(PART, rounds - part)
        scores = chance.normal(size=(n, ACTIONS))
        p = np.exp(scores)
        p /= p.sum(axis=1, keepdims=True)
        action = (p.cumsum(axis=1) < chance.random(n)[:, None]).sum(axis=1).clip(0, ACTIONS - 1)
        hour = chance.integers(0, 24, n)
        reward = (chance.random(n) < appeal[action] * (1.0 + hour / 24)).astype(np.float64)
        rows = {"action": action, "reward": reward, "propensity": p[np.arange(n), action], "p": p, "hour": hour}
        frame = pl.DataFrame(rows).with_columns(pl.col("p").arr.to_list())
        frame.write_parquet(folder / f"log-{part:010}.parquet", row_group_size=100_000)


def measure(folder: Path) -> None:
    """Evaluate, and print what it took."""
    begun, worked = time.perf_counter(), time.process_time()
    log = TableLog(sorted(folder.glob("*.parquet")), Named(probabilities="p", features=("hour",)))
    found = evaluate(log, "uniform")
    peak_gb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    wall_s, cpu_s = time.perf_counter() - begun, time.process_time() - worked
    print(f"{found.rounds:,} rounds of {ACTIONS} candidates, {len(found.estimates)} estimators, {found.verdict}")
    print(f"peak memory {peak_gb:.2f} GB, at most {MOST_GB:g} wanted; {wall_s:.0f} s, {cpu_s:.0f} s of it processor")
    print(f"{found.rounds / wall_s:,.0f} rounds/s; dr {found.estimates['dr']}")
    sys.exit(peak_gb > MOST_GB)


def main() -> None:
    """Write the log, and evaluate it in another process."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    print(f"{platform.processor() or platform.machine()}, Python {platform.python_version()}")
    with tempfile.TemporaryDirectory(prefix="adbandit-ope-") as scratch:
        write(Path(scratch), rounds)
        size = sum(path.stat().st_size for path in Path(scratch).iterdir())
        print(f"a log of {size / 2**20:,.0f} MB")
        sys.exit(subprocess.call([sys.executable, "-m", "tests.bench.bench_memory_ope", "--measure", scratch]))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--measure"]:
        measure(Path(sys.argv[2]))
    else:
        main()
