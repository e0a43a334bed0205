"""The decisions of an archive by the model version they were made with, to be scored again when that is at hand.

A decision of version v stands behind the v-th outcome, by as many as were learned within its horizon, so the archive is
read twice: once to learn, and once, further on, to score. Only which versions stand in which file is kept in memory.
"""

from __future__ import annotations

from collections import OrderedDict, defaultdict
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import polars as pl

from bandit.archive.archived import outcomes
from bandit.decide import Weights, weigh
from bandit.errors import AdbanditError
from bandit.faults import Fault
from bandit.model import Model
from bandit.recheck import score_faults
from bandit.records import Outcome
from bandit.shelf import Shelf
from service.verify.taking import at_hand
from service.verify.verdicts import Check, Difference

FILES = 3  # decoded at a time; the decisions of one version stand close together


class ScoreCheck:
    """Scores each decision with the weights its record names."""

    def __init__(self, paths: Sequence[Path]) -> None:
        self.check = Check(name="scores", of="decisions")
        self._paths = paths
        self._where: dict[int, list[int]] = defaultdict(list)  # version -> files
        self._count: dict[int, int] = {}
        self._files: OrderedDict[int, dict[int, list[Outcome]]] = OrderedDict()  # by version
        for number, path in enumerate(paths):
            self._note(number, path)
        self.left = set(self._where)

    def _note(self, number: int, path: Path) -> None:
        try:
            columns = pl.read_parquet(at_hand(path), columns=["model_version", "slot"], hive_partitioning=False)
        except (OSError, pl.exceptions.PolarsError):  # said elsewhere
            return
        counts = columns.filter(pl.col("slot") == 0).get_column("model_version").value_counts()
        for version, count in counts.iter_rows():
            self._where[version].append(number)
            self._count[version] = self._count.get(version, 0) + count

    def within(self, first: int, last: int) -> list[int]:
        """Versions of decisions from `first` to `last`, rising."""
        return sorted(version for version in self._where if first <= version <= last)

    def catalog_of(self, version: int) -> int:
        """The catalog that a decision of a version was made with."""
        return self._decoded(self._where[version][0])[version][0].decision.catalog_version

    def made_with(self, version: int, base: int, model: Model, shelf_at: Callable[[int], Shelf]) -> None:
        """Score the decisions of a version, with the model as it is now.

        shelf_at  catalog version -> the shelf as it is laid out for this model
        """
        if version not in self.left:
            return
        self.left.discard(version)
        table, centre = model.weights().copy(), model.centre()
        weights: dict[int, Weights] = {}  # for each catalog version
        for number in self._where[version]:
            for outcome in self._decoded(number).pop(version, ()):
                catalog = outcome.decision.catalog_version
                if catalog not in weights:
                    weights[catalog] = weigh(table, version, shelf_at(catalog), centre, base=base)
                self.check.look(_scored(outcome, shelf_at(catalog), weights[catalog]))

    def never_made(self, why: str) -> None:
        """Count decisions left over as made with weights that never were."""
        for version in sorted(self.left):
            one, count = self._decoded(self._where[version][0])[version][0], self._count[version]
            found = f"{version}, in {count} decisions"
            self.check.look([located(Fault(0, "model_version", why, found), one)], count)
        self.left.clear()

    def passed_over(self, versions: Sequence[int]) -> int:
        """Leave versions out; how many decisions were made with them."""
        gone = self.left.intersection(versions)
        self.left -= gone
        return sum(self._count[version] for version in gone)

    def _decoded(self, number: int) -> dict[int, list[Outcome]]:
        """A file's decisions by version."""
        if number not in self._files:
            if len(self._files) == FILES:
                self._files.popitem(last=False)
            by_version = self._files[number] = {}
            for outcome in outcomes(pl.read_parquet(at_hand(self._paths[number]), hive_partitioning=False)):
                by_version.setdefault(outcome.decision.model_version, []).append(outcome)
        self._files.move_to_end(number)
        return self._files[number]


def located(fault: Fault, outcome: Outcome) -> Difference:
    """A fault with the decision it is of."""
    return Difference(
        field=fault.field,
        expected=fault.expected,
        found=fault.found,
        decision=outcome.decision.id.hex(),
        position=outcome.position,
        slot=fault.slot,
    )


def _scored(outcome: Outcome, shelf: Shelf, weights: Weights) -> Iterator[Difference]:
    try:
        for fault in score_faults(outcome.decision, shelf, weights):
            yield located(fault, outcome)
    except (AdbanditError, IndexError, ValueError) as fault:
        yield located(Fault(0, "record", "a decision that can be made again", repr(fault)), outcome)
