"""Seven estimates of a log of 100,000 rounds with 80 ads, and one bootstrapped, beside Open Bandit Pipeline 0.5.5.

    python -m tests.bench.bench_ope [--turns 3] [--n 100000] [--k 80]

Both read the same arrays from the same files, each in a process of its own, turn by turn, and must agree on every
value. A turn's time is the best of five, by the clock and by the processor; ratios are taken turn by turn. Memory is
the most that the process ever held, libraries and the log's two tables (128 MB) included, before the bootstrap.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

TAU, SHRINKAGE, SAMPLES, SEED = 10.0, 100.0, 1_000, 7
COLUMNS = ("target", "q", "action", "propensity", "reward")
TARGETS = {"seven": 3.0, "bootstrap": 5.0, "memory": 2.0}
SAME = 1e-9  # relative
Values = dict[str, float]


def make(folder: Path, n: int, k: int) -> None:
    """A log with clicks and a reward model that is somewhat wrong."""
    rng = np.random.default_rng(SEED)
    worth = rng.beta(1, 20, (n, k))
    logging, target = rng.dirichlet(np.ones(k), n), worth / worth.sum(axis=1, keepdims=True)
    logging = 0.5 * logging + 0.5 / k
    action = (logging.cumsum(axis=1) < rng.random(n)[:, None]).sum(axis=1).clip(max=k - 1)
    rows = np.arange(n)
    reward = (rng.random(n) < worth[rows, action]).astype(float)
    q = np.clip(worth + rng.normal(0, 0.02, (n, k)), 0, 1)
    for name, column in zip(COLUMNS, (target, q, action, logging[rows, action], reward), strict=True):
        np.save(folder / f"{name}.npy", column)


def ours(target: Any, q: Any, action: Any, propensity: Any, reward: Any) -> tuple[Callable[[], Values], Any]:
    """Seven estimates, and DR with an interval."""
    from bandit.estimators.dm import dm  # noqa: PLC0415  # only this side has it
    from bandit.estimators.dr import dr  # noqa: PLC0415
    from bandit.estimators.dros import dros  # noqa: PLC0415
    from bandit.estimators.ips import ips  # noqa: PLC0415
    from bandit.estimators.sndr import sndr  # noqa: PLC0415
    from bandit.estimators.snips import snips  # noqa: PLC0415
    from bandit.estimators.switch_dr import switch_dr  # noqa: PLC0415
    from bandit.estimators.weigh_table import weigh_table  # noqa: PLC0415

    def seven() -> Values:
        rounds = weigh_table(target, action, propensity, reward, q=q)
        plain = {each.__name__: each(rounds).value for each in (ips, snips, dm, dr, sndr)}
        tuned = {"switch_dr": switch_dr(rounds, tau=TAU), "dros": dros(rounds, shrinkage=SHRINKAGE)}
        return plain | {name: terms.value for name, terms in tuned.items()}

    def interval() -> tuple[float, float]:
        from bandit.intervals.bootstrap import bootstrap  # noqa: PLC0415  # its library is not of the seven

        rounds = weigh_table(target, action, propensity, reward, q=q)
        found = bootstrap(dr(rounds), samples=SAMPLES, seed=SEED)
        return found.low, found.high

    return seven, interval


def theirs(target: Any, q: Any, action: Any, propensity: Any, reward: Any) -> tuple[Callable[[], Values], Any]:
    """The same of Open Bandit Pipeline."""
    from obp import ope  # noqa: PLC0415  # only this side has it

    log = {"action": action, "reward": reward, "pscore": propensity, "position": np.zeros(len(action), int)}
    log |= {"n_rounds": len(action), "n_actions": target.shape[1], "context": np.zeros((len(action), 1))}
    tables = {"action_dist": target[:, :, None], "estimated_rewards_by_reg_model": q[:, :, None]}
    every = {
        "ips": ope.InverseProbabilityWeighting(),
        "snips": ope.SelfNormalizedInverseProbabilityWeighting(),
        "dm": ope.DirectMethod(),
        "dr": ope.DoublyRobust(),
        "sndr": ope.SelfNormalizedDoublyRobust(),
        "switch_dr": ope.SwitchDoublyRobust(lambda_=TAU),
        "dros": ope.DoublyRobustWithShrinkage(lambda_=SHRINKAGE),
    }

    def seven() -> Values:
        evaluation = ope.OffPolicyEvaluation(bandit_feedback=log, ope_estimators=list(every.values()))
        values = evaluation.estimate_policy_values(**tables)
        return {name: float(values[each.estimator_name]) for name, each in every.items()}

    def interval() -> tuple[float, float]:
        evaluation = ope.OffPolicyEvaluation(bandit_feedback=log, ope_estimators=[every["dr"]])
        found = evaluation.estimate_intervals(**tables, n_bootstrap_samples=SAMPLES, random_state=SEED)["dr"]
        return float(found["95.0% CI (lower)"]), float(found["95.0% CI (upper)"])

    return seven, interval


def best_ms(call: Callable[[], object], times: int) -> tuple[float, float]:
    """Milliseconds by the clock and by the processor."""
    took = []
    for _ in range(times):
        clock, processor = time.perf_counter(), time.process_time()
        call()
        took.append((time.perf_counter() - clock, time.process_time() - processor))
    return min(t for t, _ in took) * 1e3, min(t for _, t in took) * 1e3


def most_mb() -> float:
    """The most memory this process ever held. Not getrusage's, which begins with what its parent held."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024


def measure(side: str, folder: Path) -> None:
    """One turn of one side, as JSON."""
    columns = {name: np.load(folder / f"{name}.npy") for name in COLUMNS}
    seven, interval = (ours if side == "ours" else theirs)(**columns)
    values, took = seven(), best_ms(seven, 5)
    memory = most_mb()
    ends = interval()  # also warms up
    print(
        json.dumps({"values": values, "seven": took, "memory": memory, "ends": ends, "bootstrap": best_ms(interval, 2)})
    )


def turn(side: str, python: str | Path, folder: Path) -> dict[str, Any]:
    """What `measure` prints in a process of its own."""
    command = [python, "-W", "ignore", "-m", "tests.bench.bench_ope", "--side", side, "--log", folder]
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    root = Path(__file__).parents[2]
    run = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=environment, cwd=root)
    found: dict[str, Any] = json.loads(run.stdout)
    return found


def compare(turns: int, n: int, k: int) -> None:
    """Print both sides and their ratios."""
    from tests.bench.peers import interpreter  # noqa: PLC0415  # the peer's interpreter cannot import it

    sides = {"ours": sys.executable, "obp": interpreter("obp")}
    with tempfile.TemporaryDirectory() as folder:
        make(Path(folder), n, k)
        found = [{side: turn(side, python, Path(folder)) for side, python in sides.items()} for _ in range(turns)]
    wanted = found[0]["obp"]["values"]
    for name, value in found[0]["ours"]["values"].items():
        assert abs(value - wanted[name]) <= SAME * abs(wanted[name]), (name, value, wanted[name])
    print(f"{n:,} rounds x {k} ads; all seven values agree to {SAME:.0e}")
    for what, title in (("seven", "seven estimates"), ("bootstrap", f"DR with {SAMPLES:,} bootstrap samples")):
        for i, clock in enumerate(("by the clock", "by the processor")):
            ours_ms, theirs_ms = ([each[side][what][i] for each in found] for side in sides)
            ratios = [b / a for a, b in zip(ours_ms, theirs_ms, strict=True)]
            times = f"ours {min(ours_ms):8.1f} ms, Open Bandit Pipeline {min(theirs_ms):8.1f} ms"
            print(f"{title}, {clock}: {times}, {_spread(ratios)} times as long; target {TARGETS[what]:.0f}")
    memory = [[each[side]["memory"] for each in found] for side in sides]
    ratios = [b / a for a, b in zip(*memory, strict=True)]
    held = f"ours {max(memory[0]):.0f} MB, Open Bandit Pipeline {max(memory[1]):.0f} MB"
    print(f"most memory held: {held}, {_spread(ratios)} times as much; target {TARGETS['memory']:.0f}")
    for side in sides:
        low, high = found[0][side]["ends"]
        print(f"95 % interval of DR, {side}: {low:.6f} to {high:.6f}")


def _spread(ratios: list[float]) -> str:
    return f"{statistics.median(ratios):.1f} ({min(ratios):.1f} to {max(ratios):.1f})"


if __name__ == "__main__":
    options = argparse.ArgumentParser()
    options.add_argument("--turns", type=int, default=3)
    options.add_argument("--n", type=int, default=100_000)
    options.add_argument("--k", type=int, default=80)
    options.add_argument("--side", choices=["ours", "obp"])
    options.add_argument("--log", type=Path)
    asked = options.parse_args()
    if asked.side:
        measure(asked.side, asked.log)
    else:
        compare(asked.turns, asked.n, asked.k)
