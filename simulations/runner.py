"""Policies at work in worlds, paired: every policy meets the same shoppers in the same order.

A run is a function of its job alone, so the numbers do not depend on how many processes share the work.
"""

from __future__ import annotations

import multiprocessing
import time
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import NamedTuple

import msgspec
import numpy as np

from bandit.arrays import Doubles
from simulations.contenders import contender, rounds_in, world
from simulations.environments.base import Environment, Round
from simulations.policies.base import Choice, ChoosingPolicy

CHECKPOINTS = (500, 2_000, 10_000, 50_000)  # rounds


class Job(msgspec.Struct, frozen=True):
    """One policy in one world with one seed."""

    world: str
    policy: str
    seed: int
    rounds: int  # asked for; a data set may have fewer
    delay: int = 0  # rounds a reward waits before it is learned


class Mark(msgspec.Struct, frozen=True):
    """How a run stood after some rounds. Rewards are the true click probabilities of what was shown."""

    rounds: int
    mean: float  # reward a round since the start
    late: float  # reward a round over the last tenth


class Run(msgspec.Struct, frozen=True):
    """What came of a job."""

    job: Job
    marks: tuple[Mark, ...]
    learning_ms: float  # processor time the policy took to learn, a round

    def at(self, rounds: int) -> Mark:
        """The mark at a checkpoint, or the last one of a run that ended before it."""
        return next((mark for mark in self.marks if mark.rounds >= rounds), self.marks[-1])


class _Waiting(NamedTuple):
    visit: Round
    choice: Choice
    reward: float


def run(job: Job, cache_folder: Path) -> Run:
    """Do a job. Raises UnknownName; wheels.Unavailable if the world's data cannot be had."""
    environment = world(job.world, job.seed, cache_folder)
    policy = contender(job.policy, job.seed, environment.catalog())
    rewards, learning_s = play(environment, policy, rounds_in(job.world, job.rounds, cache_folder), delay=job.delay)
    return Run(job, marks(rewards), 1e3 * learning_s / max(len(rewards), 1))


def play(environment: Environment, policy: ChoosingPolicy, rounds: int, *, delay: int = 0) -> tuple[Doubles, float]:
    """True click probability [rounds] of what the policy showed, and the seconds of processor it took to learn.

    delay  rounds a reward waits; what still waits at the end is not learned
    """
    earned = np.zeros(rounds)
    waiting: deque[_Waiting] = deque()
    learning_s = 0.0
    for t in range(rounds):
        visit = environment.round(t)
        choice = policy.choose(visit)
        earned[t] = visit.click_probability[choice.chosen]
        waiting.append(_Waiting(visit, choice, float(visit.draws[0, 0] < earned[t])))
        if len(waiting) > delay:
            begun = time.process_time()
            policy.learn(*waiting.popleft())
            learning_s += time.process_time() - begun
    return earned, learning_s


def marks(earned: Doubles) -> tuple[Mark, ...]:
    """Where a run stood at each checkpoint it reached, and at its end."""
    reached = [n for n in CHECKPOINTS if n < len(earned)] + [len(earned)]
    return tuple(Mark(n, float(earned[:n].mean()), float(earned[n - max(n // 10, 1) : n].mean())) for n in reached)


def run_all(jobs: Iterable[Job], cache_folder: Path, *, workers: int) -> Iterator[Run]:
    """Do all jobs in `workers` processes; the runs in the order of the jobs."""
    jobs = list(jobs)
    folders = [cache_folder] * len(jobs)
    if workers == 1:
        yield from map(run, jobs, folders)
        return
    # A fresh interpreter each: a fork would carry over threads and compiled code in whatever state they are.
    with ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn")) as pool:
        yield from pool.map(run, jobs, folders)
