"""Rows of a table, checked and as columns of numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from bandit.arrays import Doubles, Flags
from bandit.errors import BadInput
from bandit.estimators.logged import Indices
from simulations.logs import refusals
from simulations.logs.archive_rows import starts

DECISION, ROW = "#decision", "#row"  # columns of our own, which no file has

APART = 1e-3  # relative, between a propensity and what the probabilities say of the choice: they may be rounded


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """Which column says what. A name that ends in `*` stands for all columns that begin so, in their order."""

    action: str = "action"  # what was shown
    reward: str = "reward"
    propensity: str | None = "propensity"  # probability it was drawn with; None: `probabilities` say it
    probabilities: str | None = None  # list, or a column an action: of each candidate
    candidates: str | None = None  # list of actions that could be shown; None: all of them always
    decision: str | None = None  # rows of one decision stand together; None: each row is one
    slot: str | None = None  # whole numbers, rising within a decision; None: counted
    user: str | None = None
    time: str | None = None  # seconds or an ISO time, never going back
    features: tuple[str, ...] = ()

    @property
    def texts(self) -> tuple[str, ...]:
        """Columns of a CSV file that are read as they stand, so that what is wrong with one can be said."""
        some = (self.action, self.reward, self.propensity, self.probabilities, self.candidates)
        others = (self.decision, self.slot, self.user, self.time)
        return tuple(name for name in (*some, *others) if name and not name.endswith("*"))


@dataclass(frozen=True, slots=True, eq=False)
class Offered:
    """The candidates of n rounds."""

    start: Indices  # [n + 1]
    action: Indices  # [s]
    served: Doubles | None  # [s]
    chosen: Indices  # [n]


def spelled_out(names: tuple[str, ...] | str | None, columns: list[str]) -> list[str]:
    """Columns that names stand for. Raises BadInput for a name that stands for none.

    >>> spelled_out(("x*", "day"), ["day", "x1", "x2"])
    ['x1', 'x2', 'day']
    """
    found: list[str] = []
    for name in (names,) if isinstance(names, str) else names or ():
        some = [each for each in columns if each.startswith(name[:-1])] if name.endswith("*") else [name]
        if not some or not set(some) <= set(columns):
            raise BadInput(f"#/columns/{name}", "unknown", f"no column {name}; there are {', '.join(columns[:40])}")
        found += some
    return found


def offered(rows: pl.DataFrame, first: int, named: Named, actions: pl.Enum, *, even: bool = False) -> Offered:
    """What could be shown and what was. Raises BadInput with row and column.

    even  whether every candidate was as likely as the next
    """
    k, n = len(actions.categories), len(rows)
    shown = numbered(refusals.column(rows, named.action, first, pl.String), first, named.action, actions)
    if named.candidates is None:
        start = np.arange(n + 1, dtype=np.int64) * k
        action = np.tile(np.arange(k, dtype=np.int64), n)
        chosen = start[:-1] + shown
    else:
        lists = listed(rows, named.candidates, first, pl.String)
        start = starts(refusals.lengths(rows.select(lists.alias(named.candidates)), named.candidates, first))
        of = np.repeat(np.arange(n), np.diff(start))
        action = numbered(lists.explode(), first, named.candidates, actions, of)
        chosen = _found(action, shown, of, first, named)
    if even:
        counts = np.diff(start)
        return Offered(start, action, np.repeat(1.0 / counts, counts), chosen)
    return Offered(start, action, _served(rows, first, named, start), chosen)


def numbered(names: pl.Series, first: int, column: str, actions: pl.Enum, of: Indices | None = None) -> Indices:
    """Numbers of actions. Raises BadInput for one outside the set.

    of  row of each name, if they are not one a row
    """
    known = names.cast(actions, strict=False)
    wrong = known.is_null().to_numpy()
    if wrong.any():
        at = int(np.argmax(wrong))
        row = first + (at if of is None else int(of[at]))
        raise BadInput(f"#/rows/{row}/{column}", "unknown", f"{column} has {names[at]!r}, which is none of the actions")
    return known.to_physical().to_numpy().astype(np.int64)


def listed(rows: pl.DataFrame, name: str, first: int, kind: Any) -> pl.Series:
    """A column of lists; in CSV they are JSON. Raises BadInput for a value that is no list."""
    found = refusals.column(rows, name, first, rows.schema.get(name))
    wanted = pl.List(kind)
    try:
        return found.str.json_decode(wanted) if found.dtype == pl.String else found.cast(wanted)
    except pl.exceptions.PolarsError as fault:
        raise BadInput(f"#/columns/{name}", "type", f"{name} is no list of {kind}: {fault}") from None


def propensities(rows: pl.DataFrame, first: int, named: Named, what: Offered) -> Doubles:
    """[n] probability of the choice. Raises BadInput with row and column."""
    drawn = None if what.served is None else what.served[what.chosen]
    if named.propensity is None:
        if drawn is None:
            raise BadInput(
                "#/columns/propensity", "unknown", "a log says with which probability it chose: name a column"
            )
        refusals.check_propensity(drawn, first, named.probabilities or "probabilities")
        return drawn
    told = refusals.column(rows, named.propensity, first).to_numpy().astype(np.float64)
    refusals.check_propensity(told, first, named.propensity)
    if drawn is not None:
        apart = np.abs(told - drawn) > APART * told
        refusals.refuse(
            apart, first, named.propensity, told, f"{named.probabilities or 'an even draw'} has another for the choice"
        )
    return told


def times(rows: pl.DataFrame, first: int, name: str) -> Doubles:
    """[n] seconds since 1970. Raises BadInput for what is no time."""
    found = refusals.column(rows, name, first, rows.schema.get(name))
    read = found.cast(pl.Float64, strict=False) if not found.dtype.is_temporal() else found
    if found.dtype == pl.String and read.is_null().any():
        read = found.str.to_datetime(time_unit="us", time_zone="UTC", strict=False)
    if read.dtype.is_temporal():
        read = read.cast(pl.Datetime("us")).dt.epoch("us").cast(pl.Float64) / 1e6
    refusals.refuse(read.is_null().to_numpy(), first, name, found, "it is a number of seconds or an ISO time")
    return read.to_numpy()


def units(rows: pl.DataFrame, name: str, decision: Indices) -> Indices:
    """[n] a number for each user; where nobody is named, one for each decision."""
    found = rows.get_column(name).cast(pl.String)
    number = found.hash(seed=0).reinterpret(signed=True).to_numpy()
    return np.where(found.is_null().to_numpy(), -1 - decision, number)


def _found(action: Indices, shown: Indices, of: Indices, first: int, named: Named) -> Indices:
    """[n] where among the candidates the choice stands."""
    hits = action == shown[of]
    count = np.bincount(of[hits], minlength=len(shown))
    refusals.refuse(count != 1, first, named.action, shown, f"{named.candidates} names it {'once'} and no more")
    return np.flatnonzero(hits)


def _served(rows: pl.DataFrame, first: int, named: Named, start: Indices) -> Doubles | None:
    if named.probabilities is None:
        return None
    counts = np.diff(start)
    if named.probabilities.endswith("*"):
        names = spelled_out(named.probabilities, rows.columns)
        served = np.column_stack([refusals.column(rows, name, first).to_numpy() for name in names])
        wrong: Flags = counts != len(names)
        refusals.refuse(wrong, first, named.probabilities, counts, f"{len(names)} columns are of other candidates")
    else:
        lists = listed(rows, named.probabilities, first, pl.Float64)
        length = refusals.lengths(rows.select(lists.alias(named.probabilities)), named.probabilities, first)
        refusals.refuse(
            length != counts, first, named.probabilities, length, "that many are not one for each candidate"
        )
        served = lists.explode().to_numpy()
    flat: Doubles = np.ascontiguousarray(served, np.float64).ravel()
    refusals.check_served(flat, start, first, named.probabilities)
    return flat
