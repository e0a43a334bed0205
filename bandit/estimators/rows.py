"""What is said of a log that cannot be believed: the first row that is wrong, its column, what it holds."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from bandit.arrays import Doubles, Flags
from bandit.errors import BadInput

SUM_TOLERANCE = 1e-6  # of probabilities that sum to 1: what is left of them in float32


def all_as(wanted: str, right: Flags, name: str, column: npt.NDArray[Any], first: int = 0) -> None:
    """Nothing if every row is right.

    wanted  to end the sentence "reward is nan; a sound one ..."
    right   [n]
    column  [n]
    first   row of the log that is the first of these

    Raises BadInput with the first row that is not.

    >>> all_as("is finite", np.array([True, False]), "reward", np.array([1.0, np.inf]), first=100)
    Traceback (most recent call last):
    bandit.errors.BadInput: #/rows/101/reward: reward is inf; a sound one is finite
    """
    if not right.all():
        row = int(np.argmin(right))
        raise BadInput(f"#/rows/{first + row}/{name}", "bound", f"{name} is {column[row]}; a sound one {wanted}")


def of_length(length: int, **columns: npt.NDArray[Any] | None) -> None:
    """Nothing if all columns that are given have this length. Raises BadInput naming the first that has not.

    >>> of_length(3, reward=np.zeros(3), slot=None, propensity=np.ones(2))
    Traceback (most recent call last):
    bandit.errors.BadInput: #/rows/2/propensity: propensity has 2 rows; 3 are wanted
    """
    for name, column in columns.items():
        if column is not None and len(column) != length:
            row = min(len(column), length)
            raise BadInput(f"#/rows/{row}/{name}", "bound", f"{name} has {len(column)} rows; {length} are wanted")


def some(n: int) -> None:
    """Nothing if there are rows. Raises BadInput if not."""
    if n == 0:
        raise BadInput("#/rows", "bound", "there are no rounds; at least one is wanted")


def misweighed(row: int, probability: Doubles, q: Doubles | None) -> BadInput:
    """What is wrong with a target's probabilities of a round, or with the predictions, where something is.

    >>> str(misweighed(17, np.array([0.5, 0.25]), None))
    '#/rows/17/probability: probabilities sum to 0.75; 1 is wanted'
    """
    outside = ~((probability >= 0) & (probability <= 1 + SUM_TOLERANCE))
    pointer = f"#/rows/{row}/probability"
    if outside.any():
        return BadInput(pointer, "bound", f"probability is {probability[outside][0]}; a sound one is in [0, 1]")
    if q is not None and not np.isfinite(q).all():
        return BadInput(f"#/rows/{row}/q", "bound", f"q is {q[~np.isfinite(q)][0]}; a sound one is finite")
    total = float(np.sum(probability, dtype=np.float64))
    return BadInput(pointer, "bound", f"probabilities sum to {total}; 1 is wanted")
