"""How much sooner 64 runs are done by two local workers than by one: whole commands, start-up and all.

python -m tests.bench.bench_workers [--rounds 4000] [--turns 3]

Each turn runs both, one after the other; told are the median of the ratios and their range.
"""

from __future__ import annotations

import argparse
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import polars as pl

from simulations.running.results import TIMINGS, read

RUNS = 64
TARGET = 1.8


def seconds(workers: int, rounds: int, scratch: Path) -> float:
    """Wall time of the command with so many workers; nothing is kept, so all is done."""
    asked = ["--environments", "shop", "--policies", "engine", "--rounds", str(rounds), "--seeds", str(RUNS)]
    command = [sys.executable, "-m", "simulations.running.cli", "simulate", *asked, "--workers", str(workers)]
    begun = time.perf_counter()
    subprocess.run([*command, "--parquet", str(scratch / f"{workers}.parquet")], check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - begun


def machine() -> str:
    """Processor and how many."""
    told = Path("/proc/cpuinfo").read_text()
    return f"{re.findall('model name.*: (.*)', told)[0]}, {len(os.sched_getaffinity(0))} processors"


def numbers(path: Path) -> pl.DataFrame:
    return read(path).table.drop(TIMINGS)


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--rounds", type=int, default=4_000)
    asked.add_argument("--turns", type=int, default=3)
    given = asked.parse_args()
    rounds = given.rounds
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        seconds(1, 10, scratch)  # kernels are compiled, files are in memory
        turns = [[seconds(workers, rounds, scratch) for workers in (1, 2)] for _ in range(given.turns)]
        same = numbers(scratch / "1.parquet").equals(numbers(scratch / "2.parquet"))
    print(f"{RUNS} runs of {rounds:,} rounds, engine in the shop; {machine()}")
    ratios = [one / two for one, two in turns]
    one, two = (statistics.median(column) for column in zip(*turns, strict=True))
    print(f"one worker {one:.1f} s, two workers {two:.1f} s", end=": ")
    print(f"{statistics.median(ratios):.2f} times as fast ({min(ratios):.2f} to {max(ratios):.2f}; wanted {TARGET})")
    print(f"the same numbers: {'yes' if same else 'NO'}")


if __name__ == "__main__":
    main()
