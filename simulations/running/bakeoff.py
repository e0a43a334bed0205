"""A bake-off: who earns how much where, with paired intervals against a reference."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec
import numpy as np
from rich.table import Table
from scipy import special

from bandit.arrays import Doubles
from simulations.running.runner import Job, Run
from simulations.running.track import CHECKPOINTS
from simulations.simulate import run_all

LEVEL = 0.95  # of the intervals


class Interval(NamedTuple):
    """A mean over seeds, and how far from it the truth may lie."""

    mean: float
    half_width: float  # at LEVEL; infinite for a single seed


class Standing(msgspec.Struct, frozen=True):
    """One policy in one world after some rounds; rewards are a round, since the start."""

    world: str
    policy: str
    rounds: int
    seeds: int
    reward: float  # mean over seeds
    reward_half_width: float
    late_reward: float  # over the last tenth of the rounds
    above: float  # the reference, on the same seeds
    above_half_width: float
    learning_ms: float  # processor time a round, over the whole run


def jobs(worlds: Iterable[str], policies: Sequence[str], *, rounds: int, seeds: int, delay: int = 0) -> list[Job]:
    """Every policy in every world with seeds 1 to `seeds`."""
    return [
        Job(world, policy, seed, rounds, delay)
        for world in worlds
        for policy in policies
        for seed in range(1, seeds + 1)
    ]


def bake(wanted: Sequence[Job], cache_folder: Path, *, workers: int) -> list[Run]:
    """Do all jobs in `workers` processes; the runs in the order of the jobs. Raises as `run_all` does."""
    done = {run.job: run for run in run_all(wanted, cache_folder, workers=workers if workers > 1 else 0)}
    return [done[job] for job in wanted]


def standings(runs: Iterable[Run], reference: str) -> list[Standing]:
    """How every policy stood at every checkpoint, against the reference; in the order of the runs.

    Raises ValueError where a policy and the reference did not run on the same seeds.
    """
    together: dict[tuple[str, str], dict[int, Run]] = {}
    for run in runs:
        together.setdefault((run.job.world, run.job.policy), {})[run.job.seed] = run
    found = []
    for (world, policy), by_seed in together.items():
        against = together.get((world, reference), {})
        if by_seed.keys() != against.keys():
            raise ValueError(f"{policy} and {reference} did not run on the same seeds in {world}")
        for mark in next(iter(by_seed.values())).marks:
            found.append(_standing(world, policy, mark.rounds, by_seed, against))
    return found


def interval(values: Doubles) -> Interval:
    """Mean of independent values [n], with Student's t interval.

    >>> interval(np.array([1.0, 2.0, 3.0])).half_width.__round__(3)
    2.484
    """
    n = len(values)
    if n < 2:
        return Interval(float(values.mean()), float("inf"))
    quantile = float(special.stdtrit(n - 1, 0.5 + LEVEL / 2.0))
    return Interval(float(values.mean()), quantile * float(values.std(ddof=1)) / n**0.5)


def table(found: Sequence[Standing], reference: str) -> Table:
    """A row a world and policy, a column a checkpoint: mean reward, and how far above the reference."""
    columns = [n for n in (*CHECKPOINTS, 0) if n == 0 or any(row.rounds == n for row in found)]
    drawn = Table(title=f"mean reward a round (± at 95 %: paired difference to {reference})")
    for heading in ("world", "policy"):
        drawn.add_column(heading)
    for n in columns:
        drawn.add_column(f"{n:,}" if n else "at the end", justify="right")
    drawn.add_column("last tenth", justify="right")
    drawn.add_column("ms an outcome", justify="right")
    for world, policy in dict.fromkeys((row.world, row.policy) for row in found):
        rows = [row for row in found if (row.world, row.policy) == (world, policy)]
        by_rounds = {row.rounds: row for row in rows} | {0: rows[-1]}
        cells = [_cell(by_rounds[n], policy == reference) if n in by_rounds else "" for n in columns]
        drawn.add_row(world, policy, *cells, f"{rows[-1].late_reward:.4f}", f"{rows[-1].learning_ms:.2f}")
    return drawn


def _standing(world: str, policy: str, rounds: int, ours: dict[int, Run], theirs: dict[int, Run]) -> Standing:
    seeds = sorted(ours)
    reward = np.array([ours[seed].at(rounds).mean for seed in seeds])
    other = np.array([theirs[seed].at(rounds).mean for seed in seeds])
    alone, paired = interval(reward), interval(reward - other)
    return Standing(
        world=world,
        policy=policy,
        rounds=rounds,
        seeds=len(seeds),
        reward=alone.mean,
        reward_half_width=alone.half_width,
        late_reward=float(np.mean([ours[seed].at(rounds).late for seed in seeds])),
        above=paired.mean,
        above_half_width=paired.half_width,
        learning_ms=float(np.mean([ours[seed].learning_ms for seed in seeds])),
    )


def _cell(row: Standing, is_reference: bool) -> str:
    alone = f"{row.reward:.4f}"
    return alone if is_reference else f"{alone} ({row.above:+.4f} ± {row.above_half_width:.4f})"
