"""Logged rounds as a target policy weighs them: all that an estimator for single slots needs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from bandit.arrays import Doubles
from bandit.errors import BadInput
from bandit.estimators.rows import SUM_TOLERANCE, all_as, of_length, some


@dataclass(frozen=True, slots=True, eq=False)
class Weighed:
    """n rounds, at most 56 bytes each however many candidates they had, so that long logs fit into memory."""

    propensity: Doubles  # [n] probability the choice was drawn with, in (0, 1]
    target: Doubles  # [n] probability the target policy gives it, in [0, 1]
    reward: Doubles  # [n] reward units, finite
    predicted: Doubles | None = None  # [n] a reward model's prediction for the choice
    expected: Doubles | None = None  # [n] its prediction for what the target policy would have shown
    unsupported: Doubles | None = None  # [n] target's mass on candidates that were never served; None: not known
    squared: Doubles | None = None  # [n] mean of the squared weights that could have been drawn; None: not known

    @property
    def n(self) -> int:
        """Rounds."""
        return len(self.reward)

    @property
    def weight(self) -> Doubles:
        """[n] target over propensity."""
        weight: Doubles = self.target / self.propensity
        return weight

    @property
    def predictions(self) -> tuple[Doubles, Doubles]:
        """(predicted, expected). Raises BadInput if the rounds were weighed without a reward model."""
        if self.predicted is None or self.expected is None:
            raise BadInput("#/q", "unknown", "this estimator stands on a reward model's predictions; none were given")
        return self.predicted, self.expected


def checked(rounds: Weighed, *, first: int = 0) -> Weighed:
    """The rounds as given, if an estimate can be made of them.

    first  row of the log that round 0 is

    Raises BadInput, with row and column as in `#/rows/17/propensity`, if there are none, columns differ in length, or a
    number is not in the bounds that stand beside it in `Weighed`.
    """
    some(rounds.n)
    columns = {field.name: getattr(rounds, field.name) for field in fields(rounds)}
    of_length(rounds.n, **columns)
    if (rounds.predicted is None) != (rounds.expected is None):
        raise BadInput("#/predicted", "bound", "`predicted` and `expected` are given together or not at all")
    propensity = rounds.propensity
    all_as("is above 0 and at most 1", (propensity > 0) & (propensity <= 1), "propensity", propensity, first)
    for name in ("target", "unsupported"):
        share = columns[name]
        if share is not None:
            all_as("is in [0, 1]", (share >= 0) & (share <= 1 + SUM_TOLERANCE), name, share, first)
    for name in ("reward", "predicted", "expected", "squared"):
        if columns[name] is not None:
            all_as("is finite", np.isfinite(columns[name]), name, columns[name], first)
    return rounds


def concatenated(parts: Sequence[Weighed]) -> Weighed:
    """The rounds of all parts, in order.

    Raises BadInput if there are no parts, or one has a column that another has not.

    >>> one = Weighed(np.ones(2), np.ones(2), np.array([1.0, 0.0]))
    >>> concatenated([one, one]).reward.tolist()
    [1.0, 0.0, 1.0, 0.0]
    """
    if not parts:
        raise BadInput("#/rows", "bound", "there are no rounds; at least one is wanted")
    return Weighed(*(_joined(field.name, parts) for field in fields(Weighed)))


def _joined(name: str, parts: Sequence[Weighed]) -> Any:
    columns = [getattr(part, name) for part in parts]
    missing = [column is None for column in columns]
    if all(missing):
        return None
    if any(missing):
        raise BadInput(f"#/{name}", "bound", f"part {missing.index(True)} has no column `{name}`, others have")
    return np.concatenate(columns)
