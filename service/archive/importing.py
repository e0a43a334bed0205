"""A dsjson file from elsewhere into the archive, whole or not at all.

    <data>/archive/policy=<p>/imported/<name>/outcomes-<part>.parquet   rows as `bandit.archive.columns` has them
    <data>/archive/policy=<p>/imported/<name>/report.json               what was read, and what could not be kept

`<name>` is the SHA-256 of the file, so the same file is never imported twice. The learner neither reads nor removes
what is here: `bandit.archive.files.read_imported` reads it, `read_outcomes` does not.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import polars as pl

from bandit.archive.files import OUTCOMES, policy_folder
from bandit.archive.frames import Row, outcome_frame
from bandit.dsjson.read import Logged, Reader
from bandit.errors import BadInput, Conflict

BATCH = 2 * 2**20  # bytes of lines whose rows are Python objects at a time; more are slower to collect
PART = 64 * 2**20  # bytes of lines behind one file
LONGEST = 64 * 2**20  # bytes of a line


class Left(msgspec.Struct, frozen=True):
    """A feature that could not be kept."""

    name: str  # namespaces and name, joined by dots
    reason: str
    times: int


class Report(msgspec.Struct, frozen=True):
    """What became of a file."""

    lines: int
    decisions: int  # rows written
    dangling: int  # observations without a decision, passed over
    untrainable: int  # lines marked `_skipLearn`, kept as not trainable
    thinned: int  # lines with a `pdrop`, kept with their weight
    label_unlike_p: int  # labels with another probability than the logged one, which is kept
    model_not_a_number: int  # model versions read as 0
    left: tuple[Left, ...]  # features left out, most frequent first
    folder: str


def import_dsjson(file: Path, folder: Path, policy: str, progress: Callable[[int], object]) -> Report:
    """Read a file into the archive.

    folder    of the archive
    progress  told the bytes of each line read

    Raises BadInput for a policy that is no id, or naming line and place, with nothing written; Conflict if this
    file was imported before.
    """
    home = policy_folder(folder, policy) / "imported"
    draft = home / f".draft-{os.getpid()}"
    draft.mkdir(parents=True)
    try:
        return _import(file, home, draft, progress)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _import(file: Path, home: Path, draft: Path, progress: Callable[[int], object]) -> Report:
    reader, digest, counts, parts = Reader(), hashlib.sha256(), Counter[str](), _Parts(draft)
    for number, line in _lines(file):
        digest.update(line)
        progress(len(line))
        counts["lines"] = number
        if logged := reader.read(number, line):
            parts.add(_row(logged), len(line))
            counts["decisions"] += 1
            counts["untrainable"] += not logged.trainable
            counts["thinned"] += logged.weight != 1.0
    parts.finish()
    target = home / digest.hexdigest()[:32]
    if target.exists():
        raise Conflict(f"this very file was imported before: {target}")
    report = _report(reader, counts, target)
    (draft / "report.json").write_bytes(msgspec.json.format(msgspec.json.encode(report)))
    draft.rename(target)
    return report


def _report(reader: Reader, counts: Counter[str], target: Path) -> Report:
    return Report(
        lines=counts["lines"],
        decisions=counts["decisions"],
        dangling=reader.dangling,
        untrainable=counts["untrainable"],
        thinned=counts["thinned"],
        label_unlike_p=reader.floored,
        model_not_a_number=reader.models,
        left=tuple(Left(name, reason, times) for (name, reason), times in reader.left.most_common()),
        folder=str(target),
    )


def _lines(file: Path) -> Iterator[tuple[int, bytes]]:
    with file.open("rb") as source:
        number = 0
        while line := source.readline(LONGEST + 1):
            number += 1
            if len(line) > LONGEST:
                raise BadInput(f"line {number}", "bound", f"a line is at most {LONGEST} bytes")
            yield number, line


def _row(logged: Logged) -> Row:
    outcome = logged.outcome
    drawn, reward = outcome.decision.rounds[0], outcome.rewards[0]
    return Row(outcome, None, logged.slot, drawn, reward, logged.trainable, logged.weight)


class _Parts:
    """Rows on their way into files of a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._rows: list[Row] = []
        self._frames: list[pl.DataFrame] = []
        self._batch = self._part = self._files = 0

    def add(self, row: Row, size: int) -> None:
        """Take in the row of a line of `size` bytes."""
        self._rows.append(row)
        self._batch += size
        self._part += size
        if self._batch >= BATCH or self._part >= PART:
            self._frames.append(outcome_frame(self._rows))
            self._rows, self._batch = [], 0
        if self._part >= PART:
            self._write()

    def finish(self) -> None:
        """Write what is left."""
        if self._rows:
            self._frames.append(outcome_frame(self._rows))
        if self._frames:
            self._write()

    def _write(self) -> None:
        pl.concat(self._frames).write_parquet(self._folder / f"{OUTCOMES}-{self._files:06}.parquet")
        self._frames, self._part = [], 0
        self._files += 1
