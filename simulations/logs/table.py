"""Any table of logged choices, CSV or Parquet: a row a round, columns by name."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from bandit.arrays import Flags
from bandit.config import Learning, Policy
from bandit.errors import BadInput
from bandit.estimators.logged import Indices, Logged
from bandit.features import Feature
from bandit.records import Outcome
from simulations.logs import refusals, table_rows
from simulations.logs.base import Asked, Batch, Shelves, batch_rounds
from simulations.logs.contexts import SAMPLE, Columns
from simulations.logs.slices import frames, sound, whole
from simulations.logs.table_decisions import Decided
from simulations.logs.table_rows import DECISION, ROW, Named, spelled_out

USUAL = Named()
INFERRED = 10_000  # rows of a CSV file that the kinds of its features are told from


class TableLog:
    """Files of rows in the order they were logged."""

    def __init__(
        self,
        paths: Sequence[Path],
        named: Named = USUAL,
        *,
        actions: Sequence[str] | None = None,
        items: Mapping[str, Mapping[str, Feature]] | None = None,
        even: bool = False,
        name: str | None = None,
    ) -> None:
        """
        paths    CSV or Parquet files of one schema
        actions  all there are, by number; None: those that are named
        items    what is known of each action
        even     whether every candidate was as likely as the next

        Raises BadInput if there is no row, files differ, or a column is not there.
        """
        self.name = name or ", ".join(map(str, paths))
        self.policy = Policy(id="log")
        self._paths, self._named, self._items, self._even = list(paths), named, items or {}, even
        if not self._paths:
            raise BadInput("#/rows", "bound", f"{self.name} holds no file")
        schemas = {path: self._schema(path) for path in self._paths}
        refusals.check_schemas(schemas)
        self._columns = list(schemas[self._paths[0]])
        self._features = spelled_out(named.features, self._columns)
        for column in named.texts:
            spelled_out(column, self._columns)
        self.rounds, self.slots, self.actions = self._looked_through(actions)
        if not self.rounds:
            raise BadInput("#/rows", "bound", f"{self.name} holds no row")

    def _looked_through(self, actions: Sequence[str] | None) -> tuple[int, tuple[int, ...], tuple[str, ...]]:
        """Rounds, slots and actions."""
        named = self._named
        rows = pl.concat([self._scan(path) for path in self._paths])
        slot = pl.col(named.slot).cast(pl.Int64, strict=False) if named.slot else pl.lit(0, pl.Int64)
        shown = pl.col(named.action).cast(pl.String)
        asked = [rows.select(pl.len()), rows.select(slot.unique()), rows.select(shown.unique())]
        with sound(self._paths[0]):
            counted, slots, names = (frame.to_series() for frame in pl.collect_all(asked, engine="streaming"))
        found = tuple(actions) if actions is not None else self._told(rows, names.drop_nulls().to_list())
        return int(counted[0]), tuple(slots.drop_nulls().sort()), found

    def _told(self, rows: pl.LazyFrame, shown: list[str]) -> tuple[str, ...]:
        """The names of all actions, as far as the table tells them."""
        named = self._named
        if named.probabilities and named.probabilities.endswith("*"):
            prefix = len(named.probabilities) - 1
            return tuple(name[prefix:] for name in spelled_out(named.probabilities, self._columns))
        if named.candidates:
            lists = rows.head(0).collect().get_column(named.candidates)
            some = pl.col(named.candidates)
            some = (
                some.str.json_decode(pl.List(pl.String)) if lists.dtype == pl.String else some.cast(pl.List(pl.String))
            )
            shown = rows.select(some.explode().unique()).collect(engine="streaming").to_series().drop_nulls().to_list()
        if all(name.isdecimal() for name in shown):
            return tuple(map(str, sorted(map(int, shown))))
        return tuple(sorted(shown))

    def batches(self, *, features: bool = False) -> Iterator[Batch]:
        """See `Log`."""
        columns = self._chosen_columns if features and self._features else None
        size = batch_rounds(len(self.actions))
        decisions, time = 0, -np.inf
        for first, rows in whole(self._keyed(frames(self._paths, self._scan, size)), DECISION, size):
            if self._named.time:
                time = refusals.check_rising(
                    table_rows.times(rows, first, self._named.time), time, first, self._named.time
                )
            logged = self._logged(rows, first, decisions, columns)
            yield Batch(first, logged, rows)
            decisions = int(logged.decision[-1]) + 1

    def _keyed(self, some: Iterator[pl.DataFrame]) -> Iterator[pl.DataFrame]:
        """With a row number, and what tells decisions apart."""
        row = 0
        for frame in some:
            numbered = frame.with_row_index(ROW, row).with_columns(pl.col(ROW).cast(pl.Int64))
            key = (
                refusals.column(frame, self._named.decision, row, pl.String) if self._named.decision else numbered[ROW]
            )
            yield numbered.with_columns(key.alias(DECISION))
            row += len(frame)

    def _logged(self, rows: pl.DataFrame, first: int, decisions: int, columns: Columns | None) -> Logged:
        named = self._named
        reward = refusals.column(rows, named.reward, first).to_numpy().astype(np.float64)
        refusals.check_reward(reward, first, named.reward)
        what = table_rows.offered(rows, first, named, pl.Enum(self.actions), even=self._even)
        key = rows[DECISION]
        begins = (key != key.shift(1)).fill_null(True).to_numpy()
        decision = decisions + np.cumsum(begins) - 1
        return Logged(
            start=what.start,
            action=what.action,
            actions=len(self.actions),
            served=what.served,
            chosen=what.chosen,
            propensity=table_rows.propensities(rows, first, named, what),
            reward=reward,
            slot=self._slot(rows, first, begins),
            decision=decision,
            shared=np.zeros((len(rows), 0)) if columns is None else columns.of(self._contexts(rows)),
            user=table_rows.units(rows, named.user, decision) if named.user else None,
        )

    def _slot(self, rows: pl.DataFrame, first: int, begins: Any) -> Indices:
        if self._named.slot is None:
            at = np.arange(len(rows))
            return at - np.maximum.accumulate(np.where(begins, at, 0))
        name = self._named.slot
        found = refusals.column(rows, name, first, pl.Int64).to_numpy()
        back = ~begins & (np.diff(found, prepend=found[:1]) <= 0)
        refusals.refuse(back, first, name, found, "slots of a decision rise, and its rows stand together")
        return np.searchsorted(np.array(self.slots), found)

    @cached_property
    def _chosen_columns(self) -> Columns:
        return Columns(self._contexts(self._scan(self._paths[0]).head(SAMPLE).collect()))

    def _contexts(self, rows: pl.DataFrame) -> list[dict[str, Any]]:
        """What was known of each row's request; what is missing or no number is left out."""
        told = rows.select(self._features).to_dicts() if self._features else [{}] * len(rows)
        return [{name: value for name, value in each.items() if _says(value)} for each in told]

    def clash(self, actions: Indices) -> Flags:
        """See `Log`: an action stands on a page once."""
        return np.eye(len(actions), dtype=np.bool_)

    def asked(self, batch: Batch) -> Iterator[Asked]:
        """See `Log`."""
        known = [{**self._items.get(name, {}), "action": name} for name in self.actions]
        ends = zip(batch.logged.start.tolist(), batch.logged.start[1:].tolist(), strict=False)
        slots = batch.logged.slot.tolist()
        for context, (start, end), slot in zip(self._contexts(batch.rows), ends, slots, strict=True):
            yield Asked(context, [known[action] for action in batch.logged.action[start:end].tolist()], slot)

    def outcomes(self, batch: Batch) -> Iterator[Outcome]:
        """See `Log`. Each action is a template, each slot a placement."""
        time = table_rows.times(batch.rows, batch.first, self._named.time) if self._named.time else None
        return self._decided.outcomes(batch, self._contexts(batch.rows), time)

    def shelves(self, learning: Learning | None) -> Shelves:
        """See `Log`."""
        shelf = self._decided.shelf(learning or self.policy.learning)
        return lambda outcome: shelf

    @cached_property
    def _decided(self) -> Decided:
        return Decided(self.actions, self._items, len(self.slots))

    def _schema(self, path: Path) -> dict[str, Any]:
        with sound(path):
            return dict(self._scan(path).collect_schema())

    def _scan(self, path: Path) -> pl.LazyFrame:
        if path.suffix == ".parquet":
            return pl.scan_parquet(path, hive_partitioning=False)
        texts = dict.fromkeys(self._named.texts, pl.String)
        return pl.scan_csv(path, schema_overrides=texts, infer_schema_length=INFERRED)


def _says(value: Any) -> bool:
    return value is not None and not (isinstance(value, float) and not math.isfinite(value))
