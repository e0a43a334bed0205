"""What no log can hold, refused with row and column. Rows count from 0 in the order they are read."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from bandit.arrays import Doubles, Flags
from bandit.errors import BadInput
from bandit.estimators.logged import Indices

SUM_OFF = 1e-3 + 1e-9  # how far the sum of a round's probabilities may be from 1: logs round them to three digits


def refuse(wrong: Flags, first: int, column: str, found: Any, wanted: str) -> None:
    """Raises BadInput for the first row that is wrong.

    first  rows before these
    found  [n] what the rows say
    """
    if wrong.any():
        row = int(np.argmax(wrong))
        raise BadInput(f"#/rows/{first + row}/{column}", "bound", f"{column} is {found[row]}; {wanted}")


def column(rows: pl.DataFrame, name: str, first: int, kind: Any = pl.Float64) -> pl.Series:
    """A column as numbers or texts, none missing. Raises BadInput for a column or value that is not there."""
    if name not in rows.columns:
        raise BadInput(f"#/columns/{name}", "unknown", f"there is no such column; there are {', '.join(rows.columns)}")
    found = rows.get_column(name)
    read = found.cast(kind, strict=False)
    refuse(found.is_null().to_numpy(), first, name, _Missing(), "a row without it says nothing")
    refuse(read.is_null().to_numpy(), first, name, found, f"it is to be read as {kind}")
    return read


def lengths(rows: pl.DataFrame, name: str, first: int) -> Indices:
    """[n] how many values each row's list has, one or more. Raises BadInput for a missing or empty list."""
    found = rows.get_column(name).list.len().fill_null(0).to_numpy().astype(np.int64)
    refuse(found == 0, first, name, _Missing(), "every round has candidates")
    return found


def check_propensity(propensity: Doubles, first: int, name: str = "propensity") -> None:
    """Raises BadInput for one that is not in (0, 1]."""
    wrong = ~((propensity > 0.0) & (propensity <= 1.0))
    refuse(wrong, first, name, propensity, "a choice is drawn with a probability above 0 and at most 1")


def check_reward(reward: Doubles, first: int, name: str = "reward") -> None:
    """Raises BadInput for one that is not finite."""
    refuse(~np.isfinite(reward), first, name, reward, "a reward is a finite number")


def check_served(served: Doubles, start: Indices, first: int, name: str = "probabilities") -> None:
    """Raises BadInput for a round whose probabilities are not all in [0, 1], or do not sum to 1.

    served  [s] of every candidate
    start   [n + 1]
    """
    row = np.repeat(np.arange(len(start) - 1), np.diff(start))
    wrong = ~((served >= 0.0) & (served <= 1.0))
    if wrong.any():
        at = int(np.argmax(wrong))
        place = f"#/rows/{first + row[at]}/{name}/{at - start[row[at]]}"
        raise BadInput(place, "bound", f"{name} holds {served[at]}; a probability is in [0, 1]")
    total: Doubles = np.bincount(row, served, minlength=len(start) - 1).astype(np.float64)
    wanted = "the probabilities of a round sum to 1"
    refuse(~(np.abs(total - 1.0) <= SUM_OFF), first, name, _Sum(total), wanted)


def check_rising(times: Doubles, before: float, first: int, name: str = "time") -> float:
    """The last time. Raises BadInput for a row that is earlier than the one before it; `before` is of the row above."""
    if not len(times):
        return before
    earlier = np.diff(times, prepend=before) < 0
    refuse(
        earlier, first, name, times, "rows stand in the order they were logged, and this one is earlier than the last"
    )
    return float(times[-1])


def check_schemas(found: Mapping[Path, Mapping[str, Any]]) -> None:
    """Raises BadInput if files of one log differ in a column or its type."""
    (one, wanted), *others = found.items()
    for path, schema in others:
        for name in dict.fromkeys([*wanted, *schema]):
            if wanted.get(name) != schema.get(name):
                told = f"{schema.get(name, 'missing')} in {path.name} and {wanted.get(name, 'missing')} in {one.name}"
                raise BadInput(f"#/columns/{name}", "type", f"{name} is {told}; the files of a log are of one schema")


class _Missing:
    def __getitem__(self, row: int) -> str:
        return "missing"


class _Sum:
    """Says the sum of a row's probabilities once it is asked for."""

    def __init__(self, total: Doubles) -> None:
        self._total = total

    def __getitem__(self, row: int) -> str:
        return f"a list that sums to {self._total[row]:.6g}"
