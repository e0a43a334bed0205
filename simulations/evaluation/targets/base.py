"""What every target policy offers, and the simplest of them."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from bandit.arrays import Doubles, Flags
from bandit.errors import BadInput
from simulations.logs.base import Batch, Log

SUM_OFF = 1e-3 + 1e-9  # how far a round's probabilities may be from summing to 1, where somebody else made them
EXACT = 5e-7  # how far ours may be: they are float32


class Asking(Protocol):
    """A target policy on its way through a log."""

    def probabilities(self, batch: Batch) -> Doubles:
        """[s] probability it would show each candidate with, given the slots before as they were logged.

        Called once for every batch, in order.
        """
        ...

    def known(self, batch: Batch) -> Flags | None:
        """[n] rounds that it had learned from before it is asked about them; None: none."""
        ...


class Target(Protocol):
    """A policy that can be asked about any log."""

    @property
    def name(self) -> str:
        """What people call it."""
        ...

    def asking(self, log: Log) -> Asking:
        """Begin at the log's first round. Raises BadInput if the log does not say what it goes by."""
        ...


class Uniform:
    """An even draw among the candidates."""

    name = "uniform"

    def asking(self, log: Log) -> Uniform:
        """See `Target`."""
        return self

    def probabilities(self, batch: Batch) -> Doubles:
        """See `Asking`."""
        counts = np.diff(batch.logged.start)
        return np.repeat(1.0 / counts, counts)

    def known(self, batch: Batch) -> None:
        """See `Asking`."""


class Logged:
    """What the log was served with: the estimate is then its mean, and every weight 1."""

    name = "logged"

    def asking(self, log: Log) -> Logged:
        """See `Target`."""
        return self

    def probabilities(self, batch: Batch) -> Doubles:
        """See `Asking`. Where the log keeps that of the choice alone, the rest is spread evenly over the others."""
        logged = batch.logged
        if logged.served is not None:
            return normalised(logged.served, batch, "served", SUM_OFF)
        counts = np.diff(logged.start)
        spread = np.repeat((1.0 - logged.propensity) / np.maximum(counts - 1, 1), counts)
        spread[logged.chosen] = logged.propensity
        return normalised(spread, batch, "propensity", 1.0)

    def known(self, batch: Batch) -> None:
        """See `Asking`."""


class Fixed:
    """One action wherever it is a candidate, else an even draw."""

    def __init__(self, action: str) -> None:
        self.name = f"fixed:{action}"
        self._action = action
        self._number = -1

    def asking(self, log: Log) -> Fixed:
        """See `Target`. Raises BadInput if the log has no such action."""
        if self._action not in log.actions:
            some = ", ".join(log.actions[:20])
            raise BadInput("#/target", "unknown", f"{self._action!r} is none of the log's actions: {some}")
        begun = Fixed(self._action)
        begun._number = log.actions.index(self._action)
        return begun

    def probabilities(self, batch: Batch) -> Doubles:
        """See `Asking`."""
        counts = np.diff(batch.logged.start)
        here = (batch.logged.action == self._number).astype(np.float64)
        found = np.add.reduceat(here, batch.logged.start[:-1])
        return np.where(np.repeat(found > 0, counts), here, np.repeat(1.0 / counts, counts))

    def known(self, batch: Batch) -> None:
        """See `Asking`."""


def normalised(probability: Doubles, batch: Batch, name: str, off: float = EXACT) -> Doubles:
    """[s] probabilities that sum to 1 in each round, as given where they do.

    off  how far from 1 sums may be

    Raises BadInput with the row of a round whose sum is farther, or with a probability outside [0, 1].
    """
    start = batch.logged.start
    wrong = ~((probability >= 0.0) & (probability <= 1.0 + off))
    total: Doubles = np.add.reduceat(np.where(wrong, -np.inf, probability), start[:-1])
    unlike = ~(np.abs(total - 1.0) <= off)
    if unlike.any():
        row = int(np.argmax(unlike))
        given = probability[start[row] : start[row + 1]]
        told = f"{given[:5].round(6).tolist()}{' and more' if len(given) > 5 else ''}, which sum to {given.sum():.6g}"
        raise BadInput(
            f"#/rows/{batch.first + row}/{name}", "bound", f"{name} is {told}; a round's are in [0, 1] and sum to 1"
        )
    near = np.abs(total - 1.0) <= EXACT
    return probability if near.all() else probability / np.repeat(np.where(near, 1.0, total), np.diff(start))
