"""What each part adds: the difference between the whole and the whole without it, seed by seed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from itertools import islice

import msgspec
import numpy as np

from bandit.arrays import Doubles
from bandit.estimators.terms import Terms
from bandit.intervals.normal import normal
from simulations.adding.parts import ADDED, ALL, VARIANTS
from simulations.adding.playing import Job, Run, play
from simulations.running.executors import executor

LEVEL = 0.95  # of the intervals


class Added(msgspec.Struct, frozen=True):
    """What one part adds. Bounds of the interval are null for a single seed, which tells nothing of chance."""

    part: str
    seeds: int
    rounds: int
    clicks: float  # a thousand requests, with everything
    without: float  # a thousand requests, without the part
    more: float  # the difference
    more_low: float | None  # at LEVEL, seeds as the unit of chance
    more_high: float | None
    gain: float  # the difference, relative to `without`; mean over seeds
    gain_low: float | None
    gain_high: float | None


Told = Callable[[list[Added]], None]


def jobs(seeds: int, rounds: int) -> list[Job]:
    """Every variant with seeds 1 to `seeds`, seed by seed."""
    return [Job(name, parts, seed, rounds) for seed in range(1, seeds + 1) for name, parts in VARIANTS.items()]


def compare(seeds: int, rounds: int, *, workers: int, told: Told = lambda _: None) -> list[Added]:
    """Play every variant with every seed, and compare.

    told  hears how it stands each time a further seed is done with all variants
    """
    done: list[Run] = []
    whole = 0
    for run in _played(jobs(seeds, rounds), workers):
        done.append(run)
        found = added(done)
        if found and found[0].seeds > whole:
            whole = found[0].seeds
            told(found)
    return added(done)


def added(runs: Iterable[Run]) -> list[Added]:
    """What each part adds, by the seeds that all variants are done with; nothing where there is none."""
    earned = {(run.job.variant, run.job.seed): run for run in runs}
    seeds = [seed for name, seed in earned if name == _WHOLE and all((one, seed) in earned for one in VARIANTS)]
    if not seeds:
        return []
    rounds = len(earned[_WHOLE, seeds[0]].earned)
    clicks = {name: _clicks([earned[name, seed] for seed in sorted(seeds)]) for name in VARIANTS}
    return [_added(part, clicks[_WHOLE], clicks[name], rounds) for part, name in ADDED.items()]


def _played(wanted: Sequence[Job], workers: int) -> Iterator[Run]:
    """Each run as soon as it is there."""
    with executor(min(workers, len(wanted)) if workers > 1 else 0) as crew:
        waiting, pending = iter(wanted), set[Future[Run]]()
        while True:
            pending |= {crew.pool.submit(play, job) for job in islice(waiting, crew.at_once - len(pending))}
            if not pending:
                return
            finished, pending = wait(pending, _LOOK_EVERY_S, FIRST_COMPLETED)
            yield from (future.result() for future in finished)


def _clicks(runs: Sequence[Run]) -> Doubles:
    """[seeds] clicks a thousand requests."""
    return np.array([1_000.0 * run.earned.mean() for run in runs])


def _added(part: str, whole: Doubles, without: Doubles, rounds: int) -> Added:
    more, more_low, more_high = _sure(whole - without)
    gain, gain_low, gain_high = _sure(whole / np.maximum(without, _NEXT_TO_NOTHING) - 1.0)
    return Added(
        part=part,
        seeds=len(whole),
        rounds=rounds,
        clicks=float(whole.mean()),
        without=float(without.mean()),
        more=more,
        more_low=more_low,
        more_high=more_high,
        gain=gain,
        gain_low=gain_low,
        gain_high=gain_high,
    )


def _sure(differences: Doubles) -> tuple[float, float | None, float | None]:
    """Mean of paired differences [seeds] and its interval."""
    if len(differences) < 2:
        return float(differences.mean()), None, None
    found = normal(Terms(differences), level=LEVEL)
    return found.value, found.low, found.high


_WHOLE = next(name for name, parts in VARIANTS.items() if parts == ALL)
_LOOK_EVERY_S = 0.5  # a wait without end is not interrupted where a signal reaches another thread
_NEXT_TO_NOTHING = 1e-9  # clicks a thousand requests; where there are none, no gain is relative to them
