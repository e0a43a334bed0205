"""Rows of the archive, checked and as columns of numbers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import msgspec
import numpy as np
import polars as pl

from bandit.archive.columns import LATER, OUTCOME_SCHEMA
from bandit.arrays import Flags
from bandit.errors import BadInput
from bandit.estimators.logged import Indices, Logged
from bandit.records import Context
from simulations.logs import refusals
from simulations.logs.contexts import Columns

ACTION = pl.concat_str("templates", "placements", separator="/").alias("action")  # ids hold no slash
DRAWN_OFF = 1e-6  # between `propensity` and what `probabilities` says of the choice

_context = msgspec.json.Decoder(Context)


class Position(NamedTuple):
    """Where a row stands in the log."""

    ms: float
    sequence: float


BEGINNING = Position(0.0, 0.0)


def check_columns(found: dict[str, Any]) -> None:
    """Raises BadInput for a column that an archive has and these rows have not, or of another type."""
    for name, wanted in OUTCOME_SCHEMA.items():
        if found.get(name) != wanted and not (name in LATER and name not in found):
            told = found.get(name, "missing")
            raise BadInput(f"#/columns/{name}", "type", f"{name} is {told}; an archive has {wanted}")


def check_rows(rows: pl.DataFrame, first: int, before: Position) -> Position:
    """The last row's position. Raises BadInput for what no archive holds.

    first   rows before these
    before  position of the row above
    """
    refusals.check_reward(refusals.column(rows, "reward", first).to_numpy(), first)
    propensity = refusals.column(rows, "propensity", first).to_numpy()
    refusals.check_propensity(propensity, first)
    counts = refusals.lengths(rows, "probabilities", first)
    for name in ("candidates", "templates", "placements"):
        length = refusals.lengths(rows, name, first)
        refusals.refuse(length != counts, first, name, length, "that many values are not one for each probability")
    chosen = refusals.column(rows, "chosen", first, pl.Int64).to_numpy()
    refusals.refuse(chosen >= counts, first, "chosen", chosen, "it is a position among the candidates")
    start = starts(counts)
    served = rows["probabilities"].explode().to_numpy().astype(np.float64)
    refusals.check_served(served, start, first)
    drawn = served[start[:-1] + chosen]
    refusals.refuse(np.abs(drawn - propensity) > DRAWN_OFF, first, "propensity", propensity, "`probabilities` differs")
    return _check_order(rows, first, before)


def check_weights(rows: pl.DataFrame, first: int, weight: float | None) -> float:
    """What each row stands for. Raises BadInput for one that is unlike those before it."""
    found = refusals.column(rows, "weight", first).to_numpy()
    wanted = float(found[0]) if weight is None else weight
    refusals.refuse(found != wanted, first, "weight", found, f"rows before it stand for {wanted} decisions each")
    return wanted


def _check_order(rows: pl.DataFrame, first: int, before: Position) -> Position:
    parts = rows["position"].str.split_exact("-", 1).struct.unnest()
    ms, sequence = (parts[name].cast(pl.Float64).to_numpy() for name in parts.columns)
    steps, same = np.diff(ms, prepend=before.ms), np.diff(sequence, prepend=before.sequence) < 0
    wrong = (steps < 0) | ((steps == 0) & same)
    refusals.refuse(wrong, first, "position", rows["position"], "rows stand in log order, and this is before the last")
    return Position(float(ms[-1]), float(sequence[-1]))


def logged(rows: pl.DataFrame, actions: pl.Enum, decisions: int, columns: Columns | None) -> Logged:
    """Checked rows as numbers.

    actions    names of all actions of the log
    decisions  how many come before these
    columns    what `shared` is made of; None: of nothing
    """
    start = starts(rows["probabilities"].list.len().to_numpy())
    names = rows.lazy().select("templates", "placements").explode("templates", "placements").select(ACTION).collect()
    decision = decisions + np.cumsum(begins(rows)) - 1
    users = rows["user"].str.slice(-15).str.to_integer(base=16, dtype=pl.Int64)
    return Logged(
        start=start,
        action=names["action"].cast(actions).to_physical().to_numpy().astype(np.int64),
        actions=len(actions.categories),
        served=rows["probabilities"].explode().to_numpy().astype(np.float64),
        chosen=start[:-1] + rows["chosen"].to_numpy().astype(np.int64),
        propensity=rows["propensity"].to_numpy().astype(np.float64),
        reward=rows["reward"].to_numpy().astype(np.float64),
        slot=rows["slot"].to_numpy().astype(np.int64),
        decision=decision,
        shared=np.zeros((len(rows), 0)) if columns is None else columns.of(list(contexts(rows))),
        user=np.where(users.is_null().to_numpy(), -1 - decision, users.fill_null(0).to_numpy()),
    )


def contexts(rows: pl.DataFrame) -> Iterator[Any]:
    """What was known of each row's request."""
    return map(_context.decode, rows["context"])


def begins(rows: pl.DataFrame) -> Flags:
    """[n] whether a row is the first of its decision."""
    names = rows["decision"]
    flags: Flags = (names != names.shift(1)).fill_null(True).to_numpy()
    return flags


def starts(counts: Indices) -> Indices:
    """[n + 1] first candidate of each round."""
    return np.concatenate([[0], np.cumsum(counts, dtype=np.int64)])
