"""One service, fault after fault: `python -m tests.chaos.lane --seed 7 --redis own --faults "stop web;stop learner"`

Prints each trial as a line of JSON. Ends early at `--until` (seconds of the monotonic clock) and after a trial that
violates a promise, lest the following ones be blamed; what the service had then is kept under `--keep`.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from tests.chaos.faults import FAULTS, POINTS, Fault
from tests.chaos.stage import Stage, staged
from tests.chaos.trial import Trial, tried

LOOKED_INTO = ("Redis forgets", "two learners")  # by `adbandit verify` after each; after the others, at the end
BY_NAME = {fault.name: fault for fault in FAULTS}


def trials(stage: Stage, faults: Sequence[Fault], seed: int, until: float = float("inf")) -> Iterator[Trial]:
    """Try one after another, until one violates a promise or time is up."""
    for i, fault in enumerate(faults):
        if time.monotonic() > until:
            return
        verify = i == len(faults) - 1 or fault.group in LOOKED_INTO
        trial = tried(stage, fault, seed=100 * seed + i, verify=verify)
        yield trial
        if trial.violations:
            return


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--seed", type=int, default=1)
    words.add_argument("--redis", choices=("own", "embedded"), default="own")
    words.add_argument("--faults", required=True, help="names, with `;` between")
    words.add_argument("--until", type=float, default=float("inf"))
    words.add_argument("--keep", type=Path, default=Path("/tmp/adbandit-chaos"))
    chosen = words.parse_args()
    faults = [BY_NAME[name.strip()] for name in chosen.faults.split(";")]
    with staged(chosen.seed, POINTS, own_server=chosen.redis == "own") as stage:
        for trial in trials(stage, faults, chosen.seed, chosen.until):
            sys.stdout.buffer.write(msgspec.json.encode(trial) + b"\n")
            sys.stdout.flush()
            if trial.violations:
                _keep(stage.folder, chosen.keep / str(chosen.seed))


def _keep(folder: Path, target: Path) -> None:
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(folder, target, ignore=shutil.ignore_patterns("*.sock"), ignore_dangling_symlinks=True)


if __name__ == "__main__":
    main()
