"""A policy's archive, that of a running service too: files never change once they have their names.

The holdout's rounds have exact probabilities of their own: they are the log of another policy, as good as the first.
So one arm is read, unless all are asked for. Imported rows that say they are not to be learned were not drawn as they
tell, and are left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property, lru_cache
from itertools import chain, islice
from pathlib import Path
from typing import Any, Literal, NamedTuple

import msgspec
import numpy as np
import polars as pl

from bandit.archive.archived import Archived, outcomes
from bandit.archive.columns import LATER, lacking
from bandit.archive.files import OUTCOMES, ordered, policy_folder
from bandit.arrays import Flags
from bandit.catalog import Catalog, placement_features
from bandit.config import Learning, Policy
from bandit.errors import BadInput
from bandit.estimators.logged import Indices
from bandit.estimators.slates.placed import clashes
from bandit.records import InlineCandidate, Outcome
from bandit.shelf import Shelf, lay_out, row_features
from simulations.logs import refusals
from simulations.logs.archive_rows import (
    ACTION,
    BEGINNING,
    begins,
    check_columns,
    check_rows,
    check_weights,
    contexts,
    logged,
)
from simulations.logs.base import Asked, Batch, Shelves, batch_rounds
from simulations.logs.contexts import SAMPLE, Columns
from simulations.logs.slices import frames, sound, whole

Arm = Literal["learned", "holdout", "all"]


class Home(NamedTuple):
    """One policy's archive."""

    folder: Path  # of all policies
    policy: str


def open_archive(path: Path, policy: str, arm: Arm = "learned") -> ArchiveLog:
    """A policy's archive in the data folder of a service, or in the archive folder itself.

    Raises BadInput if nothing of this policy is there.
    """
    folder = path / "archive" if (path / "archive").is_dir() else path
    Archived(folder, policy)  # there is something of it
    name = f"{folder}, policy {policy}, {'both arms' if arm == 'all' else f'arm {arm}'}"
    return ArchiveLog(ordered(folder, policy, OUTCOMES), name=name, arm=arm, home=Home(folder, policy))


def open_imported(path: Path, policy: str) -> ArchiveLog:
    """What `adbandit import` brought into a policy's archive. Raises BadInput if nothing was."""
    folder = policy_folder(path / "archive" if (path / "archive").is_dir() else path, policy)
    return ArchiveLog(sorted(folder.glob(f"imported/*/{OUTCOMES}-*.parquet")), name=f"{folder}, imported", arm="all")


class ArchiveLog:
    """Files of archive rows, in log order."""

    def __init__(self, paths: Sequence[Path], *, name: str, arm: Arm = "learned", home: Home | None = None) -> None:
        """
        paths  Parquet files of `bandit.archive.columns`
        arm    whose rounds
        home   where the catalogs are; None: every row brought its own candidates

        Raises BadInput if there is no round of this arm, or the files are no archive's.
        """
        self.name = name
        self._paths, self._arm, self.home = list(paths), arm, home
        if not self._paths:
            raise BadInput("#/rows", "bound", f"{name} holds no round")
        schemas = {path: _schema(path) for path in self._paths}
        check_columns(schemas[self._paths[0]])
        refusals.check_schemas(schemas)
        self.actions, self.rounds, candidates = self._looked_through()
        if not self.rounds:
            raise BadInput("#/rows", "bound", f"{name} holds no round of arm {arm}")
        self._size = batch_rounds(candidates)

    def _looked_through(self) -> tuple[tuple[str, ...], int, float]:
        """Actions, rounds, candidates a round."""
        rows = self._taken(pl.concat([_scan(path) for path in self._paths]))
        own = pl.col("inline").is_null()
        few = rows.filter(own).unique(["catalog_version", "candidates"])  # most rows offer the same
        pairs = (some.select("templates", "placements") for some in (few, rows.filter(~own)))
        names = [some.explode("templates", "placements").select(ACTION.unique()) for some in pairs]
        counted = rows.select(pl.len().alias("rounds"), pl.col("probabilities").list.len().mean().alias("candidates"))
        *found, counts = pl.collect_all([*names, counted], engine="streaming")
        rounds, candidates = counts.row(0)
        return (
            tuple(sorted({name for some in found for name in some["action"].drop_nulls()})),
            rounds,
            candidates or 0.0,
        )

    def _taken(self, rows: Any) -> Any:
        kept = rows.filter(pl.col("trainable") | (pl.col("arm") == "holdout"))
        return kept if self._arm == "all" else kept.filter(pl.col("arm") == self._arm)

    def batches(self, *, features: bool = False) -> Iterator[Batch]:
        """See `Log`."""
        columns = self._columns if features else None
        actions = pl.Enum(self.actions)
        rounds, decisions, position, weight = 0, 0, BEGINNING, None
        for first, rows in whole(frames(self._paths, _scan, self._size), "decision", self._size):
            position = check_rows(rows, first, position)
            weight = check_weights(rows, first, weight)
            taken = self._taken(rows)
            if len(taken):
                yield Batch(rounds, logged(taken, actions, decisions, columns), taken)
                rounds += len(taken)
                decisions += int(begins(taken).sum())

    @cached_property
    def _columns(self) -> Columns:
        rows = chain.from_iterable(map(contexts, frames(self._paths, _scan, SAMPLE)))
        return Columns(islice(rows, SAMPLE))

    def clash(self, actions: Indices) -> Flags:
        """See `Log`: a template stands on a page once, and a placement holds one."""
        template, placement = np.array([self.actions[action].split("/") for action in actions.tolist()]).T
        return clashes(template, placement)

    def asked(self, batch: Batch) -> Iterator[Asked]:
        """See `Log`. Candidates have `template` and `placement`, and the features a request brought with them."""
        shelf_of = self.shelves(None)
        slots = iter(batch.logged.slot.tolist())
        for outcome in self.outcomes(batch):
            decision = outcome.decision
            known = list(map(_brought, decision.inline)) or _shelved(shelf_of(outcome))
            for drawn in decision.rounds:
                yield Asked(decision.context, [known[at] for at in drawn.positions().tolist()], next(slots))

    def outcomes(self, batch: Batch) -> Iterator[Outcome]:
        """See `Log`."""
        return outcomes(batch.rows)

    def shelves(self, learning: Learning | None) -> Shelves:
        """See `Log`."""
        bare = lay_out(Catalog(), msgspec.structs.replace(self.policy, learning=learning or self.policy.learning))
        if self.home is None:
            return lambda outcome: bare
        shelf = Archived(*self.home, learning).shelf
        return lambda outcome: bare if outcome.decision.inline else shelf(outcome.decision.catalog_version)

    @cached_property
    def policy(self) -> Policy:
        """See `Log`."""
        return Archived(*self.home).policy() if self.home else Policy(id="log")


def _brought(candidate: InlineCandidate) -> dict[str, Any]:
    known = {**candidate.features, **candidate.placement_features}
    name = f"{candidate.template}/{candidate.placement}"
    return known | {"action": name, "template": candidate.template, "placement": candidate.placement}


@lru_cache(maxsize=256)
def _shelved(shelf: Shelf) -> list[dict[str, Any]]:
    found = []
    for ad, p in zip(shelf.ad.tolist(), shelf.placement.tolist(), strict=True):
        template, placement = shelf.templates[ad // shelf.levels], shelf.placements[p]
        known = {**row_features(shelf, ad), **placement_features(placement)}
        name = f"{template.id}/{placement.id}"
        found.append(known | {"action": name, "template": template.id, "placement": placement.id})
    return found


def _schema(path: Path) -> dict[str, Any]:
    with sound(path):
        return {**LATER, **pl.read_parquet_schema(path)}


def _scan(path: Path) -> pl.LazyFrame:
    scanned = pl.scan_parquet(path, hive_partitioning=False)
    return scanned.with_columns(lacking(pl.read_parquet_schema(path)))
