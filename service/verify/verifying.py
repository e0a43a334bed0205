"""Proves a policy's promises from what is stored: the work behind `adbandit verify`. Nothing is changed.

In one pass over the archive every outcome is looked at and learned again; at each model version that decisions were
made with, those decisions are scored again, and each version lately published is compared. Then the log is folded on to
where the snapshot has read, and both models must be the same bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import msgspec
import numpy as np
import polars as pl

from bandit.archive.archived import Archived, outcomes
from bandit.calibration import Calibration
from bandit.catalog import Catalog
from bandit.config import Learning
from bandit.errors import AdbanditError, BadInput, SnapshotRefused
from bandit.faults import Fault
from bandit.fold import Counts, Fold, read_model, read_version
from bandit.join import order
from bandit.lineage import FIRST, START, Line, Lines, decoded
from bandit.model import Model
from bandit.recheck import draw_faults, record_faults
from bandit.records import Outcome
from bandit.refold import along, continuing, relearned
from bandit.shelf import Shelf
from service.store.commands import Store
from service.verify.archive_checks import ArchiveCheck
from service.verify.calibration_checks import calibrated, count_offers, reported
from service.verify.published_checks import PublishedCheck
from service.verify.score_checks import ScoreCheck, located
from service.verify.taking import Taken, at_hand, take
from service.verify.verdicts import Check, Difference, Verdict

AMID = "one that some outcome led to"


class Told(NamedTuple):
    """How to verify."""

    scores: bool  # whether to score every decision again
    progress: Callable[[int], None]  # told how many more decisions were looked at


def verify(store: Store, archive: Path, policy: str, told: Told) -> Verdict:
    """All checks of one policy.

    Raises StoreAway, Moving, SnapshotRefused if the checkpoint cannot be read, or BadInput for what is no policy id.
    """
    return _Verification(store, take(store, archive, policy), archive, told).verdict()


class _Verification:
    def __init__(self, store: Store, taken: Taken, archive: Path, told: Told) -> None:
        self.taken = taken
        self.told = told
        self.notes: list[str] = []
        self.archive_folder = archive
        self.shelf_at = _shelves(archive, taken.policy, _made_for(taken.fields))
        self.archive = ArchiveCheck(taken, self.shelf_at)
        self.ends = START  # last outcome of the archive
        self.records = Check(name="records", of="decisions")
        self.draws = Check(name="draws", of="draws")
        self.model = Check(name="model", of="outcomes")
        self.published = PublishedCheck(store, taken)
        self.scores = ScoreCheck(taken.outcomes if told.scores else [])
        self.calibration = Calibration()

    def verdict(self) -> Verdict:
        fields = self.taken.fields
        self.archive.files()
        try:
            learning, lines = self._learning()
            self._lines(learning, lines)
        except AdbanditError as fault:
            self._say(self.model, "model", "one that can be folded again", str(fault))
        if not self.told.scores:
            self.scores.check.skipped = "--no-recompute"
        self.archive.note_repeats()
        cells = self.calibration.cells()
        self._note()
        return Verdict(
            policy=self.taken.policy,
            version=read_version(fields),
            outcomes=self.archive.decisions,
            checks=[
                self.archive.check,
                self.records,
                self.draws,
                self.scores.check,
                self.model,
                self.published.check,
                calibrated(cells),
            ],
            notes=self.notes + self.archive.notes,
            cells=[reported(cell) for cell in cells],
        )

    def _learning(self) -> tuple[Learning, Lines]:
        fields = self.taken.fields
        if not fields:
            return Learning(), FIRST
        try:
            learning = msgspec.json.decode(fields["learning"], type=Learning)
        except (KeyError, msgspec.MsgspecError) as fault:
            raise SnapshotRefused(f"the snapshot's learning config cannot be read: {fault}") from None
        return learning, decoded(fields["lines"]) if "lines" in fields else FIRST

    def _lines(self, learning: Learning, lines: Lines) -> None:
        """Fold every line of which decisions were made; the one in force is compared, and looked at on the way."""
        if lines[0].how == "emptied":
            gone = self.scores.passed_over(self.scores.within(0, lines[0].base - 1))
            self.notes.append(f"{gone} decisions were made before the store was emptied: they are not scored again")
        for number, line in enumerate(lines[:-1]):
            self._past(line, lines[number + 1])
        line = lines[-1]
        fold = Fold(learning, self.shelf_at)
        fold.lines = lines
        stops = sorted({*self.scores.within(line.base, _END), *self.published.versions(line.base)})
        looked = self._looked_at()
        for version in relearned(fold, along(looked, line), [stop - line.base for stop in stops]):
            self._at(line.base + version, line.base, fold.model)
        for _ in looked:  # what the line has not learned is looked at all the same
            pass
        if self.told.scores:
            self.scores.never_made(AMID)
        if self.taken.fields:
            self._compare(fold, line)

    def _past(self, line: Line, then: Line) -> None:
        """Score what was decided with versions of a line that is no longer in force."""
        last = line.base + max(then.since - then.base, 0) if then.how == "lost" else then.base - 1
        versions = self.scores.within(line.base, last)
        if versions:
            made_for = _shelves(self.archive_folder, self.taken.policy, None)
            learning = made_for(self.scores.catalog_of(versions[0])).policy.learning
            shelf_at = _shelves(self.archive_folder, self.taken.policy, learning)
            fold = Fold(learning, shelf_at)
            stops = [version - line.base for version in versions]
            for version in relearned(fold, along(self._all(), line), stops):
                self.scores.made_with(line.base + version, line.base, fold.model, shelf_at)
        lost = self.scores.passed_over(self.scores.within(line.base, then.base - 1))
        if lost:
            self.notes.append(
                f"{lost} decisions were made with versions up to {then.base - 1} that the store lost: not scored again"
            )

    def _all(self) -> Iterator[Outcome]:
        for path in self.taken.outcomes:
            yield from outcomes(pl.read_parquet(at_hand(path), hive_partitioning=False))

    def _looked_at(self) -> Iterator[Outcome]:
        """Every outcome, looked at by itself."""
        for _, frame, found in self.archive.outcomes():
            count_offers(self.calibration, frame)
            for outcome in found:
                shelf = self.shelf_at(outcome.decision.catalog_version)
                faults = list(record_faults(outcome, shelf))
                self.records.look(located(fault, outcome) for fault in faults)
                drawn = _sound(draw_faults(outcome.decision, shelf))
                self.draws.look((located(fault, outcome) for fault in drawn), len(outcome.rewards))
                self.ends = outcome.position
                yield outcome
            self.told.progress(len(found))

    def _at(self, version: int, base: int, model: Model) -> None:
        self.published.at(version, model)
        self.scores.made_with(version, base, model, self.shelf_at)

    def _compare(self, fold: Fold, line: Line) -> None:
        """Fold on over the log, then look for what differs from the snapshot."""
        checkpoint, fields = self.taken.checkpoint, self.taken.fields
        closed = max(checkpoint.cursor, line.spans[0].after, key=order)
        if self.ends != closed:
            self._say(self.model, "cursor of the checkpoint", closed, self.ends)
        fold.cursor = checkpoint.cursor  # what a line leaves out is closed all the same
        fold.counts.events = self.archive.rows
        for version in continuing(fold, checkpoint, self.taken.entries(), self.taken.read):
            self.published.at(line.base + version, fold.model)
        self.model.look(count=self.archive.decisions)
        again = fold.snapshot()
        for field in ("learned", "read", "cursor", "totals"):
            if again[field] != fields.get(field):
                self._say(self.model, field, *_shown(field, fields.get(field, b""), again[field]))
        if line.how in ("first", "lost"):  # other lines go on with the counts of before
            self._compare_counts(fold.counts)
        if again["sha256"] != fields.get("sha256") or again["model"] != fields.get("model"):
            self._differ(fold)
        self.published.served(line.base)

    def _compare_counts(self, again: Counts) -> None:
        counts = msgspec.json.decode(self.taken.fields.get("counts", b"{}"), type=Counts)
        for name in ("events", "used"):
            if getattr(counts, name) != getattr(again, name):
                self._say(self.model, f"counts.{name}", str(getattr(counts, name)), str(getattr(again, name)))

    def _differ(self, fold: Fold) -> None:
        """In which weight the models differ, and since when as far as was published."""
        try:
            served = read_model(self.taken.fields, msgspec.json.decode(self.taken.fields["learning"], type=Learning))
        except SnapshotRefused as fault:
            self._say(self.model, "snapshot", "a model that loads", str(fault))
            return
        mine, theirs = fold.model.weights(), served.weights()
        differ = np.flatnonzero(mine != theirs)
        since = self.published.check.first
        seen = f", first seen in {since.field}" if since else ""
        if differ.size:
            at = int(differ[0])
            field = f"weights[{at}], one of {differ.size} that differ{seen}"
            self._say(self.model, field, repr(float(theirs[at])), repr(float(mine[at])))
        else:
            self._say(
                self.model, f"model bytes beside the weights{seen}", *_shown("", served.save(), fold.model.save())
            )

    def _say(self, check: Check, field: str, expected: str, found: str) -> None:
        check.look([Difference(field=field, expected=expected, found=found)], 0)

    def _note(self) -> None:
        counts = msgspec.json.decode(self.taken.fields.get("counts", b"{}"), type=Counts)
        aside = sum(1 for _ in self.taken.folder.glob("superseded/**/*.parquet"))
        pending = sum(1 for _ in self.taken.folder.glob("date=*/*.pending"))
        for count, what in (
            (counts.damaged, "log entries or outcomes were set aside: they are not learned"),
            (aside, "archive files were superseded, since the store had lost what they tell of"),
            (pending, "archive files wait for their name"),
        ):
            if count:
                self.notes.append(f"{count} {what}")


_END = 1 << 62  # above every version


def _made_for(fields: dict[str, bytes]) -> Learning | None:
    """The learning config of the model in force; None where there is none that can be read, which is said elsewhere."""
    try:
        return msgspec.json.decode(fields["learning"], type=Learning)
    except (KeyError, msgspec.MsgspecError):
        return None


def _shelves(archive: Path, policy: str, learning: Learning | None) -> Callable[[int], Shelf]:
    """Catalog version -> shelf, from the archive; before anything is archived there is none to ask for.

    learning  what features are laid out for; None: as each catalog says
    """
    try:
        return Archived(archive, policy, learning).shelf
    except BadInput:
        pass

    @cache
    def shelf_at(version: int) -> Shelf:
        raise BadInput("#/catalog", "unknown", f"catalog version {version} is not archived")

    return shelf_at


def _sound(faults: Iterator[Fault]) -> Iterator[Fault]:
    try:
        yield from faults
    except (IndexError, ValueError) as fault:
        yield Fault(0, "probabilities", "what can be drawn from", repr(fault))


def _shown(field: str, expected: bytes, found: bytes) -> tuple[str, str]:
    """Two byte strings that differ, as text: short ones whole, of numbers the first that differ."""
    if field == "totals" and len(expected) == len(found):
        one, two = np.frombuffer(expected, "<f8"), np.frombuffer(found, "<f8")
        at = int(np.flatnonzero(one != two)[0])
        return f"{one[at]!r} at {at}", f"{two[at]!r} at {at}"
    if len(expected) < 64 and len(found) < 64:
        return expected.decode(errors="replace"), found.decode(errors="replace")
    at = next((i for i, (a, b) in enumerate(zip(expected, found, strict=False)) if a != b), -1)
    return f"{len(expected)} bytes", f"{len(found)} bytes, other from byte {at} on"


def policies(store: Store, archive: Path) -> list[str]:
    """Ids of all policies that have anything: in the catalog in force or archived."""
    stored = store.catalog(store.catalog_version())
    current = [policy.id for policy in msgspec.json.decode(stored, type=Catalog).policies] if stored else []
    archived = [path.name.partition("=")[2] for path in archive.glob("policy=*") if (path / "catalog").is_dir()]
    return sorted({*current, *archived})
