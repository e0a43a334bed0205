"""dsjson files of ours, of Vowpal Wabbit or of Azure Personalizer, by way of a scratch folder of archive rows.

A log is read several times: once to see what it holds, and with every pass of an evaluation. Columns are read a hundred
times faster than lines.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from weakref import finalize

import polars as pl

from bandit.archive.frames import Row, outcome_frame
from bandit.dsjson.read import Reader
from bandit.errors import BadInput
from bandit.join import order
from simulations.logs.archive import ArchiveLog, Arm

LONGEST = 64 * 2**20  # bytes of a line
TOGETHER = 2_000  # lines whose rows are Python objects at a time
PART = 100_000  # lines behind one file


def open_dsjson(paths: Sequence[Path], arm: Arm = "learned") -> ArchiveLog:
    """The choices of all lines, file after file; the scratch folder goes when the log does.

    Raises BadInput with file, line and place for what is no dsjson, or stands before the line above it.
    """
    scratch = Path(tempfile.mkdtemp(prefix="adbandit-"))
    try:
        log = ArchiveLog(_written(paths, scratch), name=", ".join(map(str, paths)), arm=arm)
    except BaseException:
        shutil.rmtree(scratch)
        raise
    finalize(log, shutil.rmtree, scratch, ignore_errors=True)
    return log


def _written(paths: Sequence[Path], folder: Path) -> list[Path]:
    rows = _rows(paths)
    parts: list[Path] = []
    while frames := [outcome_frame(some) for some in _groups(islice(rows, PART))]:
        parts.append(folder / f"outcomes-{len(parts):06}.parquet")
        pl.concat(frames).write_parquet(parts[-1])
    return parts


def _groups(rows: Iterator[Row]) -> Iterator[list[Row]]:
    while some := list(islice(rows, TOGETHER)):
        yield some


def _rows(paths: Iterable[Path]) -> Iterator[Row]:
    reader, before = Reader(), (0, 0)
    for total, (path, number, line) in enumerate(_lines(paths), start=1):
        try:
            logged = reader.read(total, line)
            if logged is None:
                continue
            position = order(logged.outcome.position)
            if position < before:
                raise BadInput(f"line {total} #/Timestamp", "bound", "lines stand in the order they were logged")
            before = position
        except BadInput as fault:
            place = fault.pointer.removeprefix(f"line {total}")
            raise BadInput(f"{path} line {number}{place}", fault.code, fault.detail) from None
        drawn, reward = logged.outcome.decision.rounds[0], logged.outcome.rewards[0]
        yield Row(logged.outcome, None, logged.slot, drawn, reward, logged.trainable, logged.weight)


def _lines(paths: Iterable[Path]) -> Iterator[tuple[Path, int, bytes]]:
    for path in paths:
        with path.open("rb") as source:
            number = 0
            while line := source.readline(LONGEST + 1):
                number += 1
                if len(line) > LONGEST:
                    raise BadInput(f"{path} line {number}", "bound", f"a line is at most {LONGEST} bytes")
                yield path, number, line
