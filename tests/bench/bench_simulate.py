"""Rounds a second of a simulation, beside coba and MABWiser.

    python -m tests.bench.bench_simulate [--turns 7]

The whole loop, environment included, in processor time. Ours is `play`, as `adbandit simulate` runs it, in the worlds
`linear-10x10` and `linear-80x10`. Both sides learn each round once: our engine's replay is off. Each turn runs a peer
and ours one after the other, so that a machine that changes its pace cancels out of the ratio; told is the median of
the ratios. Peers are installed on the first call, see `tests.bench.peers`.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import time
from pathlib import Path
from typing import NamedTuple

from bandit.kernels.warm import compile_all
from simulations.contenders import contender
from simulations.running.runner import play
from simulations.worlds import world
from tests.bench.peers import interpreter

ENGINE = "engine-epsilon-greedy:learning.replay.depth=0,learning.replay.least=0"
SCRIPT = Path(__file__).with_name("peer_simulate.py")


class Case(NamedTuple):
    """A policy of ours and one of somebody else's, at the same task."""

    what: str
    policy: str
    arms: int
    rounds: int
    peer: str
    peer_rounds: int
    wanted: float  # least ratio


CASES = (
    Case("VW, 10 arms", ENGINE, 10, 30_000, "coba-vw", 3_000, 5.0),
    Case("VW, 80 arms", ENGINE, 80, 10_000, "coba-vw", 400, 5.0),
    Case("LinUCB, 10 arms x 10 features", "linucb-0.2", 10, 40_000, "coba-linucb", 1_000, 20.0),
    Case("LinUCB, 10 arms x 10 features", "linucb-0.2", 10, 40_000, "mabwiser-linucb", 1_000, 20.0),
)


def ours(case: Case) -> float:
    """Rounds a second."""
    environment = world(f"linear-{case.arms}x10", 1, Path())
    policy = contender(case.policy, 1, environment.catalog())
    begun = time.process_time()
    play(environment, policy, case.rounds)
    return case.rounds / (time.process_time() - begun)


def theirs(case: Case) -> float:
    """Rounds a second."""
    python = interpreter(case.peer.partition("-")[0])
    command = [str(python), str(SCRIPT), case.peer, str(case.arms), str(case.peer_rounds)]
    told = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return float(told["rounds"] / told["seconds"])


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--turns", type=int, default=7)
    turns = parser.parse_args().turns
    compile_all()
    for case in CASES:
        pairs = [(theirs(case), ours(case)) for _ in range(turns)]
        ratio = statistics.median(mine / other for other, mine in pairs)
        peer, us = (statistics.median(column) for column in zip(*pairs, strict=True))
        print(
            f"{case.what:32}{us:9,.0f} rounds/s, {case.peer:16}{peer:8,.0f}: {ratio:6.1f}x (wanted {case.wanted:.0f}x)",
            flush=True,
        )


if __name__ == "__main__":
    main()
