"""How much sooner 64 runs are done by two local workers than by one: whole commands, start-up and all.

python -m tests.bench.bench_workers [--rounds 4000]
"""

from __future__ import annotations

import argparse
import os
import re
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
    rounds = asked.parse_args().rounds
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        seconds(1, 10, scratch)  # kernels are compiled, files are in memory
        one, two = (seconds(workers, rounds, scratch) for workers in (1, 2))
        same = numbers(scratch / "1.parquet").equals(numbers(scratch / "2.parquet"))
    print(f"{RUNS} runs of {rounds:,} rounds, engine in the shop; {machine()}")
    print(f"one worker {one:.1f} s, two workers {two:.1f} s: {one / two:.2f} times as fast (wanted {TARGET})")
    print(f"the same numbers: {'yes' if same else 'NO'}")


if __name__ == "__main__":
    main()
