"""Learned decisions and their events as Parquet, each exactly once.

    <data>/archive/policy=<p>/date=<d>/outcomes-<first>-<last>.parquet   one row a slot, closed decisions in log order
    <data>/archive/policy=<p>/date=<d>/events-<first>-<last>.parquet     every event as it came, late ones too
    <data>/archive/policy=<p>/catalog/<version>.json                     what positions and ids refer to
    <data>/archive/policy=<p>/imported/<name>/outcomes-<part>.parquet    logs from elsewhere: importing.py

    <data>/archive/policy=<p>/superseded/...                             what the store forgot, and has learned again

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
from typing import Any

import msgspec
import polars as pl

from bandit.catalog import Catalog
from bandit.config import Id
from bandit.errors import BadInput
from bandit.join import order
from bandit.records import Event, Outcome
from bandit.shelf import Shelf
from service.archive.frames import EVENT_SCHEMA, OUTCOME_SCHEMA, event_frame, outcome_frame, rows_of

OUTCOMES, EVENTS = "outcomes", "events"

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


def policy_folder(folder: Path, policy: str) -> Path:
    """Where a policy's files are. Raises BadInput for what is no policy id, so that no path leads elsewhere."""
    try:
        return folder / f"policy={msgspec.convert(policy, Id)}"
    except msgspec.ValidationError:
        detail = f"{policy!r} is no policy id: letters, digits, . _ -; 64 at most"
        raise BadInput("#/policy", "bound", detail) from None


def read_outcomes(folder: Path, policy: str) -> pl.DataFrame:
    """Every archived slot of a policy, in log order."""
    return _read(folder, policy, OUTCOMES, OUTCOME_SCHEMA)


def read_events(folder: Path, policy: str) -> pl.DataFrame:
    """Every archived event of a policy, in log order."""
    return _read(folder, policy, EVENTS, EVENT_SCHEMA)


def read_imported(folder: Path, policy: str) -> pl.DataFrame:
    """Every slot of logs from elsewhere, file by file; the learner knows nothing of them."""
    paths = sorted(policy_folder(folder, policy).glob(f"imported/*/{OUTCOMES}-*.parquet"))
    frames = [pl.read_parquet(path, hive_partitioning=False) for path in paths]
    return pl.concat(frames) if frames else pl.DataFrame(schema=OUTCOME_SCHEMA)


def ordered(folder: Path, policy: str, kind: str) -> list[Path]:
    """The learner's own files of a kind, in log order."""
    return in_order(policy_folder(folder, policy), kind)


def in_order(folder: Path, kind: str) -> list[Path]:
    """A policy folder's files of a kind, in log order."""
    return sorted(folder.glob(f"date=*/{kind}-*.parquet"), key=lambda path: order(last_position(path)))


def last_position(path: Path) -> str:
    """Log position of the last row of a file."""
    return path.stem.split("-to-")[1].replace("_", "-")


def _read(folder: Path, policy: str, kind: str, schema: dict[str, Any]) -> pl.DataFrame:
    frames = [pl.read_parquet(path, hive_partitioning=False) for path in ordered(folder, policy, kind)]
    return pl.concat(frames) if frames else pl.DataFrame(schema=schema)


def _day(position: str) -> int:
    """Days since 1970, UTC."""
    return int(position.partition("-")[0]) // DAY_MS
