"""Probabilities that somebody else worked out, beside the log or in a column of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl

from bandit.arrays import Doubles
from bandit.errors import BadInput
from simulations.evaluation.targets.base import SUM_OFF, normalised
from simulations.logs.base import ROUNDS, Batch, Log
from simulations.logs.slices import frames, sound
from simulations.logs.table_rows import listed, spelled_out


class Column:
    """A column of the log's own table: a list for each row, or with `*` at its end a column an action."""

    def __init__(self, column: str) -> None:
        self.name = f"column:{column}"
        self._column = column

    def asking(self, log: Log) -> Column:
        """See `Target`."""
        return self

    def probabilities(self, batch: Batch) -> Doubles:
        """See `Asking`. Raises BadInput with row and column."""
        return normalised(_flat(batch.rows, self._column, batch, "column"), batch, self._column, SUM_OFF)

    def known(self, batch: Batch) -> None:
        """See `Asking`."""


class Table:
    """A Parquet file with a row for each of the log's rounds, in the log's order.

    Columns: `probabilities`, a list in the order of the candidates. If there is a `decision`, it must be the log's.
    """

    def __init__(self, path: Path, column: str = "probabilities") -> None:
        self.name = str(path)
        self._path, self._column = path, column
        self._frames: Iterator[pl.DataFrame] = iter(())
        self._held: list[pl.DataFrame] = []

    def asking(self, log: Log) -> Table:
        """See `Target`. Raises BadInput if it is no Parquet file."""
        begun = Table(self._path, self._column)
        with sound(self._path):
            pl.read_parquet_schema(self._path)
        begun._frames = frames([self._path], pl.scan_parquet, ROUNDS)
        return begun

    def probabilities(self, batch: Batch) -> Doubles:
        """See `Asking`. Raises BadInput with the row where it does not follow the log."""
        rows = self._next(batch)
        if "decision" in rows.columns and "decision" in batch.rows.columns:
            ours, theirs = batch.rows["decision"].cast(pl.String), rows["decision"].cast(pl.String)
            apart = (ours != theirs).fill_null(True).to_numpy()
            if apart.any():
                row = int(np.argmax(apart))
                detail = f"{self._path} has {theirs[row]!r} and the log {ours[row]!r}; both stand in the log's order"
                raise BadInput(f"#/rows/{batch.first + row}/decision", "unresolved", detail)
        return normalised(_flat(rows, self._column, batch, str(self._path)), batch, self._column, SUM_OFF)

    def known(self, batch: Batch) -> None:
        """See `Asking`."""

    def _next(self, batch: Batch) -> pl.DataFrame:
        wanted = batch.logged.n
        while sum(map(len, self._held)) < wanted:
            frame = next(self._frames, None)
            if frame is None:
                missing = batch.first + sum(map(len, self._held))
                raise BadInput(f"#/rows/{missing}", "unresolved", f"{self._path} ends before the log does")
            self._held.append(frame)
        together = pl.concat(self._held)
        self._held = [together.slice(wanted)]
        return together.head(wanted)


def _flat(rows: pl.DataFrame, column: str, batch: Batch, of: str) -> Doubles:
    """[s] probabilities of all candidates."""
    counts = np.diff(batch.logged.start)
    if column.endswith("*"):
        table = rows.select(pl.col(spelled_out(column, rows.columns)).cast(pl.Float64)).to_numpy()
        length = np.full(len(rows), table.shape[1])
        found = table.ravel()
    else:
        lists = listed(rows, column, batch.first, pl.Float64)
        length = lists.list.len().to_numpy()
        found = lists.explode().to_numpy()
    if (length != counts).any():
        row = int(np.argmax(length != counts))
        detail = f"{of} has {length[row]} probabilities for {counts[row]} candidates"
        raise BadInput(f"#/rows/{batch.first + row}/{column}", "bound", detail)
    return np.ascontiguousarray(found, np.float64)
