"""One policy at work in one world. A run is a function of its job alone, so the numbers do not depend on who does it.

Every policy meets the same shoppers in the same order.
"""

from __future__ import annotations

import heapq
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import NamedTuple, Protocol, runtime_checkable

import msgspec

from bandit.arrays import Doubles
from bandit.config import Policy
from simulations import contenders, worlds
from simulations.environments.base import Environment, History, Round, Wearing
from simulations.policies.base import Choice, ChoosingPolicy, prepare
from simulations.policies.engine import Engine
from simulations.running.track import BLOCK, POINTS, Mark, Played, Track, marks, measure, nothing_yet, track

# To ask for processor time takes as long as a yardstick takes to choose. So the shares of it are told by this one.
_clock = time.perf_counter

Place = Callable[[int], Environment]  # makes a world of a seed
# Makes a policy of a seed, for a world; or what gives one for as long as the run lasts.
Chooser = Callable[[int, Environment], ChoosingPolicy | AbstractContextManager[ChoosingPolicy]]
Heard = Callable[[int], None]  # is told how many rounds more have been played


class Job(msgspec.Struct, frozen=True):
    """One policy in one world with one seed. Both are known by name, unless what makes them comes along."""

    world: str
    policy: str
    seed: int
    rounds: int  # asked for; a data set may have fewer
    delay: int = 0  # rounds a reward waits before it is learned
    place: str | Place | None = None  # None: the world of that name
    chooser: str | Policy | Chooser | None = None  # None: the policy of that name; a config is one of our engine


class Run(msgspec.Struct, frozen=True):
    """What came of a job."""

    job: Job
    marks: tuple[Mark, ...]
    track: Track

    @property
    def learning_ms(self) -> float:
        """Processor time the policy took to learn, a round."""
        return self.track.learning_ms[-1]

    def at(self, rounds: int) -> Mark:
        """The mark at a checkpoint, or the last one of a run that ended before it."""
        return next((mark for mark in self.marks if mark.rounds >= rounds), self.marks[-1])


@runtime_checkable
class Remote(Protocol):
    """A policy that is asked from afar, so that requests can fail."""

    lost: int  # requests that have failed so far

    def finish(self) -> None:
        """Wait until all that was told is learned; called after the last round."""
        ...


class _Waiting(NamedTuple):
    due: int  # round after which it is learned
    t: int  # no two alike, so a heap looks no further
    visit: Round
    choice: Choice
    reward: float


def run(job: Job, cache_folder: Path, heard: Heard | None = None) -> Run:
    """Do a job. Raises UnknownName; wheels.Unavailable if the world's data cannot be had."""
    environment, rounds = _world(job, cache_folder)
    with _policy(job, environment) as policy:
        prepare(policy, environment, rounds)
        played = play(environment, policy, rounds, delay=job.delay, heard=heard)
    return Run(job, marks(played.earned), track(played))


def play(
    environment: Environment, policy: ChoosingPolicy, rounds: int, *, delay: int = 0, heard: Heard | None = None
) -> Played:
    """Have the policy choose in every round, and learn.

    delay  rounds a reward waits, beside what the round itself asks; what still waits at the end is not learned
    heard  told of rounds played, about POINTS times
    """
    played = nothing_yet(rounds)
    wearing, history = (environment if isinstance(environment, Wearing) else None), History()
    remote = policy if isinstance(policy, Remote) else None
    waiting: list[_Waiting] = []
    stride = max(rounds // POINTS, 1)
    earned, told, learning_s, deciding_s = played.earned, played.told, played.learning_s, played.deciding_s
    values: list[Doubles] = []
    began, busy_s = _clock(), time.thread_time()
    for t in range(rounds):
        visit = environment.round(t) if wearing is None else wearing.worn(environment.round(t), history)
        value = visit.value
        if values and (len(values) == BLOCK or len(values[0]) != len(value)):
            measure(played, values, t)
        values.append(value)
        begun = _clock()
        choice = policy.choose(visit)
        decided = _clock()
        deciding_s[t] = decided - begun
        if choice is not None:
            earned[t] = value[choice.chosen]
            clicked = bool(visit.draws[0, 0] < visit.click_probability[choice.chosen])
            reward = float(clicked and not visit.missed)
            if wearing is not None:
                history.add(visit, choice.chosen, clicked=clicked)
            if waiting or delay or visit.delay:
                heapq.heappush(waiting, _Waiting(t + delay + visit.delay, t, visit, choice, reward))
            else:
                policy.learn(visit, choice, reward)
                told[t], learning_s[t] = reward, _clock() - decided
        if waiting and waiting[0].due <= t:
            told[t], learning_s[t] = _learn(policy, waiting, t)
        if remote is not None:
            played.lost[t] = remote.lost
        if heard is not None and (t + 1) % stride == 0:
            heard(stride)
    if remote is not None and rounds:
        remote.finish()
        played.lost[-1] = remote.lost
    measure(played, values, rounds)
    share = (time.thread_time() - busy_s) / max(_clock() - began, 1e-9)  # of the time passed, of this run alone
    return played._replace(learning_s=learning_s * share, deciding_s=deciding_s * share)


def _learn(policy: ChoosingPolicy, waiting: list[_Waiting], t: int) -> tuple[float, float]:
    """Have the policy learn what is due in round t; the sum of its rewards, and the seconds of processor it took."""
    told = 0.0
    begun = _clock()
    while waiting and waiting[0].due <= t:
        due = heapq.heappop(waiting)
        policy.learn(due.visit, due.choice, due.reward)
        told += due.reward
    return told, _clock() - begun


def _world(job: Job, cache_folder: Path) -> tuple[Environment, int]:
    """A job's world, and how many rounds it gives."""
    place = job.world if job.place is None else job.place
    if not isinstance(place, str):
        return place(job.seed), job.rounds
    return worlds.world(place, job.seed, cache_folder), worlds.rounds_in(place, job.rounds, cache_folder)


def _policy(job: Job, environment: Environment) -> AbstractContextManager[ChoosingPolicy]:
    """A job's policy, for as long as it is at work."""
    chooser = job.policy if job.chooser is None else job.chooser
    if isinstance(chooser, str):
        return nullcontext(contenders.contender(chooser, job.seed, environment.catalog()))
    if isinstance(chooser, Policy):
        return nullcontext(Engine(job.seed, environment.catalog(), chooser.exploration, chooser.learning))
    made = chooser(job.seed, environment)
    return made if isinstance(made, AbstractContextManager) else nullcontext(made)
