"""Learned decisions and their events as Parquet, each exactly once.

    <data>/archive/...                                what `bandit.archive.files` reads
    <data>/archive/policy=<p>/superseded/...          what the store forgot, and has learned again

A file is written under a name that ends in `.pending` and gets its own name once the commit that lists it is done. A
learner that takes over gives listed files their names, and removes other pending ones: they are left over from a
learner that died or was overtaken before it committed. A store that came back without its last moments gets the rows of
those moments again, from the outboxes; the files of before are then superseded, and moved aside. Nothing else is
removed.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterable
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import msgspec
import polars as pl

from bandit.archive.files import EVENTS, OUTCOMES, in_order, last_position, policy_folder
from bandit.archive.frames import event_frame, outcome_frame, rows_of
from bandit.catalog import Catalog
from bandit.join import order
from bandit.records import Event, Outcome
from bandit.shelf import Shelf

WAITING_ROWS = 20_000  # in memory before a file is due
WAITING_CANDIDATES = 1_000_000  # of rows in memory together: they are what makes a row long
LOOSE, LOOSE_CANDIDATES = 1_000, 250_000  # outcomes kept as objects; made a frame they take less memory
DAY_MS = 86_400_000


class Archive:
    """One policy's files."""

    def __init__(self, folder: Path, policy: str) -> None:
        self.folder = policy_folder(folder, policy)
        self._outcomes: list[tuple[Outcome, Shelf]] = []  # of one day
        self._events: list[tuple[str, Event]] = []  # of one day
        self._frames: dict[tuple[str, int], list[pl.DataFrame]] = {}  # kind and day -> rows that came before those
        self._pending: dict[Path, bytes] = {}  # written, not yet named: final path -> file
        self._token = uuid.uuid4().hex[:8]  # two learners never write one pending file
        self._catalogs: set[int] = set()
        self.waiting = 0  # rows that no `write` has listed yet
        self._candidates = self._loose = 0  # of rows in frames, and of those in none yet

    def add_outcome(self, outcome: Outcome, shelf: Shelf) -> None:
        """Take in a closed decision; it is on disk after the next `write`."""
        held, rounds = self._outcomes, outcome.decision.rounds
        if not rounds:
            return
        if held and _day(held[0][0].position) != _day(outcome.position):
            self._frame_outcomes()
        held.append((outcome, shelf))
        self.waiting += len(rounds)
        self._loose += sum([drawn.k for drawn in rounds])
        if len(held) >= LOOSE or self._loose >= LOOSE_CANDIDATES:
            self._frame_outcomes()

    def add_event(self, position: str, event: Event) -> None:
        """Take in an event as it came."""
        held = self._events
        if held and _day(held[0][0]) != _day(position):
            self._frame_events()
        held.append((position, event))
        self.waiting += 1
        if len(held) >= LOOSE:
            self._frame_events()

    @property
    def full(self) -> bool:
        """Whether it should be written and committed now."""
        return self.waiting >= WAITING_ROWS or bool(self._pending)

    def write(self) -> tuple[str, ...]:
        """Put all rows taken in so far on disk, pending; what a commit must list for them to become valid."""
        self._frame_outcomes()
        self._frame_events()
        self._put_frames()
        self.waiting = 0
        return tuple(self._named(path).relative_to(self.folder).as_posix() for path in self._pending)

    def publish(self) -> tuple[str, ...]:
        """Give the files written their names, now that the commit that lists them is done; as they were listed."""
        listed = tuple(self._named(path).relative_to(self.folder).as_posix() for path in self._pending)
        for path, file in self._pending.items():
            try:
                self._named(path).replace(path)
            except FileNotFoundError:  # removed by a learner that started meanwhile
                _put(file, path)
        self._pending.clear()
        return listed

    def settle(self, committed: Iterable[str]) -> list[Path]:
        """Give the files that commits list their names and remove other pending ones; those removed."""
        listed = {self.folder / name for name in committed}
        removed = []
        for pending in self.folder.glob("date=*/*.pending"):
            if pending in listed:
                pending.replace(_final(pending))
            else:
                pending.unlink(missing_ok=True)
                removed.append(pending)
        return removed

    def has(self, name: str) -> bool:
        """Whether a file that was listed so has its name here."""
        listed = self.folder / name
        return _final(listed).exists()

    def beyond(self, cursor: str, read: str) -> list[Path]:
        """Files that hold more than a store knows that has closed all up to `cursor` and read all up to `read`."""
        outcomes = [path for path in in_order(self.folder, OUTCOMES) if order(last_position(path)) > order(cursor)]
        return outcomes + [path for path in in_order(self.folder, EVENTS) if order(last_position(path)) > order(read)]

    def supersede(self, paths: Iterable[Path]) -> None:
        """Move files aside."""
        for path in paths:
            aside = self.folder / "superseded" / self._token / path.relative_to(self.folder)
            aside.parent.mkdir(parents=True, exist_ok=True)
            path.replace(aside)

    def newest(self) -> tuple[str, int] | None:
        """Position of the last outcome archived and the largest model version in its file; None if there is none."""
        paths = in_order(self.folder, OUTCOMES)
        if not paths:
            return None
        versions = pl.read_parquet(paths[-1], columns=["model_version"], hive_partitioning=False)
        return last_position(paths[-1]), int(versions["model_version"].max())  # type: ignore[arg-type]

    def _frame_outcomes(self) -> None:
        if held := self._outcomes:
            rows = [row for outcome, shelf in held for row in rows_of(outcome, shelf)]
            self._frames.setdefault((OUTCOMES, _day(rows[0].outcome.position)), []).append(outcome_frame(rows))
            held.clear()
            self._candidates += self._loose
            self._loose = 0
            if self._candidates >= WAITING_CANDIDATES:  # one tick may close more than memory should hold
                self._put_frames()

    def _frame_events(self) -> None:
        if held := self._events:
            self._frames.setdefault((EVENTS, _day(held[0][0])), []).append(event_frame(held))
            held.clear()

    def _put_frames(self) -> None:
        for (kind, day), frames in self._frames.items():
            self._keep(kind, day, pl.concat(frames))
        self._frames.clear()
        self._candidates = 0

    def _keep(self, kind: str, day: int, frame: pl.DataFrame) -> None:
        """Write a file, pending."""
        date = datetime.fromtimestamp(day * DAY_MS / 1000, UTC).date().isoformat()
        first, last = (frame.item(row, "position").replace("-", "_") for row in (0, -1))
        path = self.folder / f"date={date}" / f"{kind}-{first}-to-{last}.parquet"
        file = BytesIO()
        frame.write_parquet(file)
        self._pending[path] = file.getvalue()
        _put(self._pending[path], self._named(path))

    def _named(self, path: Path) -> Path:
        return path.with_name(f"{path.name}.{self._token}.pending")

    def keep_catalog(self, catalog: Catalog) -> None:
        """Write a catalog version down, once."""
        if catalog.version not in self._catalogs:
            path = self.folder / "catalog" / f"{catalog.version}.json"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(msgspec.json.encode(catalog))
            self._catalogs.add(catalog.version)


def _final(pending: Path) -> Path:
    """The name a pending file gets."""
    return pending.with_name(pending.name.partition(".parquet")[0] + ".parquet")


def _put(content: bytes, path: Path) -> None:
    """Write a file whole and have the disk keep it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(path.name + ".draft")
    with draft.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def _day(position: str) -> int:
    """Days since 1970, UTC."""
    return int(position.partition("-")[0]) // DAY_MS
