"""Whether a policy's archive is whole: every row once, in order, in the file that says so, and at one with itself."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import polars as pl

from bandit.archive.archived import outcomes
from bandit.archive.columns import EVENT_SCHEMA, LATER, OUTCOME_SCHEMA
from bandit.archive.files import EVENTS, OUTCOMES
from bandit.archive.frames import outcome_frame, rows_of
from bandit.errors import AdbanditError
from bandit.join import order
from bandit.records import Outcome
from bandit.shelf import Shelf
from service.verify.taking import Taken, at_hand, final
from service.verify.verdicts import Check, Difference

KEY = {"id": pl.String, "decision": pl.String, "slot": pl.UInt8, "type": pl.String, "time": pl.Int64}


class ArchiveCheck:
    """Looks at every file once, in log order: `files`, then `outcomes`."""

    def __init__(self, taken: Taken, shelf_at: Callable[[int], Shelf]) -> None:
        self.check = Check(name="archive", of="rows")
        self.notes: list[str] = []
        self.rows = 0  # events
        self.decisions = 0
        self.used = 0  # events that counted
        self._taken = taken
        self._shelf_at = shelf_at
        self._seen: dict[str, list[pl.Series]] = {OUTCOMES: [], EVENTS: []}  # hashes of what may stand there once
        self._last = {OUTCOMES: (-1, -1), EVENTS: (-1, -1)}  # position

    def files(self) -> None:
        """Look at which files there are, and at those of events."""
        self._report(Difference(field="file", expected="there", found="missing", file=f) for f in self._taken.missing)
        for path in self._taken.beyond:
            known = f"nothing behind {self._taken.checkpoint.cursor}"
            self._report([Difference(field="file", expected=known, found="more", file=path.name)])
        for path in self._taken.events:
            frame = self._read(path, EVENT_SCHEMA)
            if frame is not None:
                self.rows += len(frame)
                self._in_order(path, frame, EVENTS)
                self._seen[EVENTS].append(_hashes(frame))
        self._twice(EVENTS, self._taken.events, "event", "id")

    def outcomes(self) -> Iterator[tuple[Path, pl.DataFrame, list[Outcome]]]:
        """Every file of outcomes that can be read, looked at."""
        events = pl.concat(self._seen[EVENTS]) if self._seen[EVENTS] else pl.Series(dtype=pl.UInt64)
        for path in self._taken.outcomes:
            frame = self._read(path, OUTCOME_SCHEMA)
            if frame is None:
                continue
            self._in_order(path, frame, OUTCOMES)
            first = frame.filter(pl.col("slot") == 0)
            self._seen[OUTCOMES].append(first.get_column("decision").hash())
            try:
                found = list(outcomes(frame))
                rows = [row for each in found for row in rows_of(each, self._shelf_at(each.decision.catalog_version))]
                self._report(_unlike(frame, outcome_frame(rows).select(frame.columns), path))
            except (AdbanditError, pl.exceptions.PolarsError, struct.error, ValueError, IndexError) as fault:
                self._report([Difference(field="rows", expected="decisions", found=str(fault), file=path.name)])
                continue
            self.decisions += len(found)
            self.used += sum(len(each.events) for each in found)
            self._report(_unheard(found, events))
            yield path, frame, found
        self._twice(OUTCOMES, self._taken.outcomes, "decision", "decision")

    def _report(self, differences: Iterator[Difference] | list[Difference]) -> None:
        self.check.look(differences, 0)

    def _read(self, path: Path, schema: dict[str, object]) -> pl.DataFrame | None:
        try:
            frame = pl.read_parquet(at_hand(path), hive_partitioning=False)
        except (OSError, pl.exceptions.PolarsError) as fault:
            found = str(fault).partition("\n")[0]
            self._report([Difference(field="file", expected="Parquet", found=found, file=path.name)])
            return None
        self.check.look(count=len(frame))
        wanted = {name: kind for name, kind in schema.items() if name in frame.columns or name not in LATER}
        if dict(frame.schema) != wanted or frame.is_empty():
            found = "no rows" if frame.is_empty() else str(sorted(set(wanted) ^ set(frame.columns)) or "other types")
            self._report([Difference(field="columns", expected="those of the archive", found=found, file=path.name)])
            return None
        return frame

    def _in_order(self, path: Path, frame: pl.DataFrame, kind: str) -> None:
        """Positions rise, from file to file too, and the name of the file says which there are."""
        positions = frame.get_column("position")
        named = final(path).stem.removeprefix(f"{kind}-").replace("_", "-").split("-to-")
        held = [positions[0], positions[-1]]
        if named != held:
            self._report([Difference(field="name", expected=" to ".join(held), found=path.name, file=path.name)])
        parts = positions.str.split_exact("-", 1).struct.unnest().cast(pl.Int64)
        ms, sequence = (parts.to_series(i).to_numpy() for i in (0, 1))
        step = (np.diff(ms) > 0) | ((np.diff(ms) == 0) & (np.diff(sequence) > 0))
        if kind == OUTCOMES:
            slots = frame.get_column("slot").to_numpy().astype(np.int64)
            same = (np.diff(ms) == 0) & (np.diff(sequence) == 0)
            step = np.where(same, np.diff(slots) == 1, step & (slots[1:] == 0))
        if order(positions[0]) <= self._last[kind]:
            self._report([_misplaced(path, frame, 0, "behind the file before")])
        for at in np.flatnonzero(~step)[:1].tolist():
            self._report([_misplaced(path, frame, at + 1, "behind the row before")])
        self._last[kind] = order(positions[-1])

    def _twice(self, kind: str, paths: list[Path], what: str, column: str) -> None:
        """What stands there more than once, of all files; the first with its places."""
        if not self._seen[kind]:
            return
        seen = pl.concat(self._seen[kind])
        twice = set(seen.filter(seen.is_duplicated()).to_list())
        if not twice:
            return
        places: dict[int, list[tuple[str, str, Path]]] = {}
        for path in paths:
            frame = pl.read_parquet(at_hand(path), hive_partitioning=False)
            frame = frame.filter(pl.col("slot") == 0) if kind == OUTCOMES else frame
            hashes = frame.get_column(column).hash() if kind == OUTCOMES else _hashes(frame)
            for at in np.flatnonzero(hashes.is_in(list(twice)).to_numpy()).tolist():
                row = frame.row(at, named=True)
                places.setdefault(hashes[at], []).append((row[column], row["position"], path))
        for (name, _, _), *again in sorted(places.values(), key=lambda some: order(some[1][1])):
            for _, position, path in again:
                found = f"{name} again"
                self._report(
                    [Difference(field=what, expected="each once", found=found, position=position, file=path.name)]
                )

    def note_repeats(self) -> None:
        """Ids a sender used again, which is heard again and counts once."""
        ids = [pl.read_parquet(at_hand(path), columns=["id"])["id"].hash() for path in self._taken.events]
        repeated = int(pl.concat(ids).is_duplicated().sum()) if ids else 0
        if repeated:
            self.notes.append(f"{repeated} events carry an id that their senders used more than once")


def _misplaced(path: Path, frame: pl.DataFrame, at: int, where: str) -> Difference:
    row = frame.row(at, named=True)
    slot = row["slot"]
    return Difference(
        field="position", expected=where, found=row["position"], decision=row["decision"], slot=slot, file=path.name
    )


def _unlike(frame: pl.DataFrame, again: pl.DataFrame, path: Path) -> Iterator[Difference]:
    """Columns that say otherwise than the rest of their row, which the archive is written from."""
    if frame.equals(again):
        return
    if len(frame) != len(again):
        yield Difference(field="rows", expected=str(len(again)), found=str(len(frame)), file=path.name)
        return
    for name in frame.columns:
        same = frame.get_column(name).eq_missing(again.get_column(name))
        for at in np.flatnonzero(~same.to_numpy())[:1].tolist():
            row = frame.row(at, named=True)
            yield Difference(
                field=name,
                expected=str(again.item(at, name)),
                found=str(row[name]),
                decision=row["decision"],
                position=row["position"],
                slot=row["slot"],
                file=path.name,
            )


def _hashes(frame: pl.DataFrame) -> pl.Series:
    """A number for each event as it was accepted: it can only be the same if one was shipped twice."""
    parts = [pl.col(name) for name in ("id", "decision", "slot", "type")]
    return frame.select(pl.struct(*parts, pl.col("time").cast(pl.Int64)).hash()).to_series()


def _unheard(found: list[Outcome], events: pl.Series) -> Iterator[Difference]:
    """Events that counted and that the archive of events does not hold."""
    heard = [(each, event) for each in found for event in each.events]
    if not heard:
        return
    rows = {
        "id": [event.id for _, event in heard],
        "decision": [event.decision.hex() for _, event in heard],
        "slot": [event.slot for _, event in heard],
        "type": [event.type for _, event in heard],
        "time": [round(event.time * 1e6) for _, event in heard],
    }
    known = _hashes(pl.DataFrame(rows, KEY)).is_in(events.implode())
    for at in np.flatnonzero(~known.to_numpy()).tolist():
        outcome, event = heard[at]
        yield Difference(
            field="event",
            expected="archived as it came",
            found=f"{event.type} {event.id} missing",
            decision=outcome.decision.id.hex(),
            position=outcome.position,
            slot=event.slot,
        )
