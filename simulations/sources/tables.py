"""Tables with full feedback: a row tells what each action would have earned, and what was known beforehand."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import polars as pl

from bandit.arrays import Doubles
from bandit.config import Id
from bandit.errors import BadInput
from bandit.features import FEATURES, LARGEST
from simulations.logs.refusals import refuse

MARK = "reward:"  # begins the name of an action's column

_AGAIN = re.compile(r"(.+)_duplicated_\d+\Z")
_TOLD = (pl.Boolean, pl.String, pl.Enum, pl.Categorical)
_PLAIN = "text, number, flag or list of texts"


@dataclass(frozen=True, slots=True, eq=False)
class FullFeedback:
    """A table that was read and found sound."""

    actions: tuple[str, ...]  # k
    reward: Doubles  # [n, k] in [0, 1]; NaN where the row has no such action
    context: dict[str, list[Any]]  # column -> [n] what it says; None where it says nothing


def read(path: Path, *, actions: Sequence[str] | None = None) -> FullFeedback:
    """A CSV or Parquet file as a table; rows count from 0.

    actions  columns that are actions; None: those whose name begins with MARK, which is not part of the action's

    An empty cell of an action's column means that the row has no such action; another empty cell tells nothing.

    Raises BadInput naming row and column: no such file or column, nothing that is an action, an action whose name is
    no id; a reward that is no number or not in [0, 1], a row without actions; a column of the context that is neither
    text, number, flag nor list of texts, or half text and half number, or a number that is not finite or too large.
    """
    table = _frame(path)
    _check_once(table.columns)
    columns = [name for name in table.columns if name.startswith(MARK)] if actions is None else list(actions)
    for name in columns:
        if name not in table.columns:
            raise BadInput(f"#/columns/{name}", "unknown", f"no such column; there are {', '.join(table.columns)}")
    if not columns:
        raise BadInput("#/columns", "unknown", f"no column is an action: none has a name that begins with {MARK}")
    if not len(table):
        raise BadInput("#/rows", "bound", f"{path} has no rows")
    reward = np.column_stack([_rewards(table.get_column(name)) for name in columns])
    refuse(
        np.isnan(reward).sum(axis=1) == len(columns),
        0,
        columns[0],
        np.full(len(table), None),
        "a row has at least one action",
    )
    return FullFeedback(
        actions=tuple(_action(name, name.removeprefix(MARK) if actions is None else name) for name in columns),
        reward=reward,
        context=_context(table.drop(columns), written=path.suffix == ".csv"),
    )


def _frame(path: Path) -> pl.DataFrame:
    readers = {".csv": lambda: pl.read_csv(path, infer_schema_length=None), ".parquet": lambda: pl.read_parquet(path)}
    if path.suffix not in readers:
        raise BadInput("#", "type", f"{path} is neither .csv nor .parquet")
    try:
        return readers[path.suffix]()
    except OSError as fault:
        raise BadInput("#", "unknown", f"there is no file {path} to read: {fault.strerror or fault}") from None
    except pl.exceptions.PolarsError as fault:
        raise BadInput("#", "type", f"{path} cannot be read: {str(fault).splitlines()[0]}") from None


def _check_once(columns: Sequence[str]) -> None:
    """Raises BadInput for a name that stood twice in a CSV file, which polars tells apart by an ending."""
    for name in columns:
        if (again := _AGAIN.match(name)) and again[1] in columns:
            raise BadInput(f"#/columns/{again[1]}", "duplicate", f"there are two columns {again[1]}")


def _rewards(column: pl.Series) -> Doubles:
    """[n] its numbers, NaN where it has none."""
    empty = column.is_null().to_numpy()
    read = column.cast(pl.Float64, strict=False)
    refuse(read.is_null().to_numpy() & ~empty, 0, column.name, column, "a reward is a number")
    number = read.fill_null(0.0).to_numpy()
    refuse(~((number >= 0.0) & (number <= 1.0)), 0, column.name, column, "a reward, or its probability, is in [0, 1]")
    return np.where(empty, np.nan, number)


def _action(column: str, name: str) -> str:
    try:
        return msgspec.convert(name, Id)
    except msgspec.ValidationError:
        wanted = "letters, digits, . _ - and 64 of them at most"
        raise BadInput(f"#/columns/{column}", "bound", f"{name!r} cannot name an action: {wanted}") from None


def _context(table: pl.DataFrame, *, written: bool) -> dict[str, list[Any]]:
    if table.width > FEATURES:
        raise BadInput("#/columns", "bound", f"{table.width} columns of context; {FEATURES} at most")
    for column in table:
        _check_told(column, written)
    return {column.name: column.to_list() for column in table}


def _check_told(column: pl.Series, written: bool) -> None:
    """Raises BadInput for a column that no request can tell.

    written  every cell was written as text, so that a word among numbers makes texts of all
    """
    if column.dtype.is_numeric():
        number = column.cast(pl.Float64).fill_null(0.0).to_numpy()
        refuse(~(np.abs(number) <= LARGEST), 0, column.name, column, f"a number is finite and at most {LARGEST:g}")
    elif column.dtype == pl.String and written:
        _check_not_mixed(column)
    elif column.dtype not in _TOLD and column.dtype != pl.List(pl.String):
        raise BadInput(f"#/columns/{column.name}", "type", f"{column.name} is of {column.dtype}; wanted: {_PLAIN}")


def _check_not_mixed(column: pl.Series) -> None:
    """Raises BadInput for texts some of which are numbers, pointing to the first of whichever are fewer."""
    numbers = column.cast(pl.Float64, strict=False).is_not_null()
    words = column.is_not_null() & ~numbers
    if numbers.any() and words.any():
        fewer = min(numbers, words, key=lambda some: some.sum())
        wanted = "the column mixes numbers and texts, so it is neither (a Parquet file can say which)"
        refuse(fewer.to_numpy(), 0, column.name, column, wanted)
