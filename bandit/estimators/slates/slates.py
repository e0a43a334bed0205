"""Logged pages as a target policy weighs them: all that the estimators for several slots need."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from bandit.arrays import Doubles, Flags
from bandit.errors import BadInput
from bandit.estimators.logged import Indices, Logged
from bandit.estimators.rows import SUM_TOLERANCE, all_as, of_length, some
from bandit.estimators.weighed import Weighed


@dataclass(frozen=True, slots=True, eq=False)
class Slates:
    """n slots of m decisions, in the order they were drawn.

    Raises BadInput with row and column for whatever is not as stated here.
    """

    decision: Indices  # [n] rising; the slots of one decision stand together and share a number
    slot: Indices  # [n] 0, 1, 2 and so on within each decision
    propensity: Doubles  # [n] probability of the shown given the slots before, in (0, 1]
    target: Doubles  # [n] the target policy's, given the same slots before, in [0, 1]
    reward: Doubles  # [n] of this slot alone, reward units, finite
    marginal: Doubles | None = None  # [n] probability to be shown in this slot, whatever stands before, in (0, 1]
    target_marginal: Doubles | None = None  # [n] the target policy's, in [0, 1]
    placed: Doubles | None = None  # [n, places] probability of the shown to be shown in each of the slots, in [0, 1]
    target_placed: Doubles | None = None  # [n, places] the target policy's
    predicted: Doubles | None = None  # [n] a model's reward of this slot for the shown, given the slots before
    expected: Doubles | None = None  # [n] its mean over what the target policy would show there, given the same

    def __post_init__(self) -> None:
        some(len(self.reward))
        of_length(len(self.reward), **{name: getattr(self, name) for name in self.__slots__})
        in_order = np.append(True, np.diff(self.decision) >= 0)
        all_as("is not below the one before: rows are in order", in_order, "decision", self.decision)
        counting = self.slot == np.arange(len(self.slot)) - np.repeat(self.first, self.length)
        all_as("counts 0, 1, 2 and so on within a decision", counting, "slot", self.slot)
        for name in ("propensity", "marginal"):
            self._all_in(name, "is above 0 and at most 1", lambda p: (p > 0) & (p <= 1 + SUM_TOLERANCE))
        for name in ("target", "target_marginal", "placed", "target_placed"):
            self._all_in(name, "is in [0, 1]", lambda p: (p >= 0) & (p <= 1 + SUM_TOLERANCE))
        for name in ("reward", "predicted", "expected"):
            self._all_in(name, "is finite", np.isfinite)

    def _all_in(self, name: str, wanted: str, right: Callable[[Doubles], Flags]) -> None:
        column: Doubles | None = getattr(self, name)
        if column is not None:
            sound = right(column)
            all_as(wanted, sound if column.ndim == 1 else np.logical_and.reduce(sound, axis=1), name, column)

    @property
    def first(self) -> Indices:
        """[m] row of each decision's first slot."""
        return np.flatnonzero(np.diff(self.decision, prepend=self.decision[0] - 1))

    @property
    def length(self) -> Indices:
        """[m] slots of each decision."""
        return np.diff(np.append(self.first, len(self.decision)))

    @property
    def prefix(self) -> Doubles:
        """[n] target over propensity of this slot and all before it, multiplied."""
        weight: Doubles = self.target / self.propensity
        for place in range(1, int(self.slot.max()) + 1):
            rows = np.flatnonzero(self.slot == place)
            weight[rows] *= weight[rows - 1]
        return weight

    @property
    def pages(self) -> Weighed:
        """m rounds, each a whole page with the product of its probabilities and the sum of its rewards: to diagnose."""
        propensity, target = (np.multiply.reduceat(p, self.first) for p in (self.propensity, self.target))
        return Weighed(propensity, target, self.each(self.reward))

    def each(self, rows: Doubles) -> Doubles:
        """[m] sum of [n] over the slots of each decision."""
        summed: Doubles = np.add.reduceat(rows, self.first)
        return summed


def slates(logged: Logged, probability: Doubles, predicted: Doubles | None = None) -> Slates:
    """Pages of a log, for the estimators that need no marginals.

    logged       as `checked` gives it
    probability  [s] the target policy's for each candidate given the slots before, as they were logged
    predicted    [s] a reward model's for each candidate

    Raises BadInput as `Slates` does.
    """
    chosen = logged.chosen
    shown = logged.decision, logged.slot, logged.propensity, probability[chosen], logged.reward
    if predicted is None:
        return Slates(*shown)
    expected: Doubles = np.add.reduceat(probability * predicted, logged.start[:-1])
    return Slates(*shown, predicted=predicted[chosen], expected=expected)


def column(slates: Slates, name: str, why: str) -> Doubles:
    """A column that may be missing. Raises BadInput if it is."""
    found: Doubles | None = getattr(slates, name)
    if found is None:
        raise BadInput(f"#/{name}", "unknown", f"there is no {name}; {why}")
    return found
