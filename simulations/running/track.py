"""How a run went: every round of it, and what is kept of them."""

from __future__ import annotations

from typing import NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt

from bandit.arrays import Doubles

CHECKPOINTS = (500, 2_000, 10_000, 50_000)  # rounds at which a bake-off compares
POINTS = 100  # of a curve
BLOCK = 256  # rounds whose best and mean candidate are looked for together


class Played(NamedTuple):
    """Every round of a run, each field [rounds]."""

    earned: Doubles  # true worth of what was shown; 0 where nothing was
    oracle: Doubles  # worth of the best candidate
    uniform: Doubles  # worth of an even draw, in the mean
    told: Doubles  # rewards learned in this round, of whatever round they are
    lost: npt.NDArray[np.int64]  # requests that have failed so far
    learning_s: Doubles  # processor time
    deciding_s: Doubles


class Mark(msgspec.Struct, frozen=True):
    """How a run stood after some rounds. Rewards are the true worth of what was shown."""

    rounds: int
    mean: float  # reward a round since the start
    late: float  # reward a round over the last tenth


class Track(msgspec.Struct, frozen=True):
    """A run as rows of `simulations.running.results`: each field a column, [points]."""

    rounds: list[int]
    earned: list[float]
    oracle: list[float]
    uniform: list[float]
    clicks: list[float]
    lost: list[int]
    learning_ms: list[float]
    deciding_ms: list[float]


def nothing_yet(rounds: int) -> Played:
    """A run of so many rounds, none of them played."""
    earned, oracle, uniform, told, learning_s, deciding_s = np.zeros((6, rounds))
    return Played(earned, oracle, uniform, told, np.zeros(rounds, np.int64), learning_s, deciding_s)


def measure(played: Played, values: list[Doubles], end: int) -> None:
    """Fill in the best and the mean candidate's worth of the rounds before `end` whose values these are; empties them.

    values  [k] each, all of one length
    """
    if values:
        together = np.stack(values)
        played.oracle[end - len(values) : end] = together.max(axis=1)
        played.uniform[end - len(values) : end] = together.mean(axis=1)
        values.clear()


def marks(earned: Doubles) -> tuple[Mark, ...]:
    """Where a run stood at each checkpoint it reached, and at its end."""
    reached = [n for n in CHECKPOINTS if n < len(earned)] + [len(earned)]
    return tuple(Mark(n, float(earned[:n].mean()), float(earned[n - max(n // 10, 1) : n].mean())) for n in reached)


def track(played: Played) -> Track:
    """Sums at evenly spaced points, the last of them the end."""
    rounds = len(played.earned)
    points = np.unique(-(-np.arange(1, POINTS + 1) * rounds // POINTS))
    sums = {name: np.cumsum(getattr(played, name))[points - 1] for name in _SUMMED}
    return Track(
        rounds=points.tolist(),
        earned=sums["earned"].tolist(),
        oracle=sums["oracle"].tolist(),
        uniform=sums["uniform"].tolist(),
        clicks=sums["told"].tolist(),
        lost=played.lost[points - 1].tolist(),
        learning_ms=(1e3 * sums["learning_s"] / points).tolist(),
        deciding_ms=(1e3 * sums["deciding_s"] / points).tolist(),
    )


_SUMMED = ("earned", "oracle", "uniform", "told", "learning_s", "deciding_s")
