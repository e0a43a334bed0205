"""Learned decisions and their events as Parquet, each exactly once.

    <data>/archive/policy=<p>/date=<d>/outcomes-<first>-<last>.parquet   one row a slot, closed decisions in log order
    <data>/archive/policy=<p>/date=<d>/events-<first>-<last>.parquet     every event as it came, late ones too
    <data>/archive/policy=<p>/catalog/<version>.json                     what positions and ids refer to
    <data>/archive/policy=<p>/imported/<name>/outcomes-<part>.parquet    logs from elsewhere: service/importing.py

A file is written under a name that ends in `.pending` and gets its own name once the checkpoint that lists it is
committed. A learner that starts gives the files its checkpoint lists their names, and removes other pending ones:
they are left over from a learner that died or was overtaken before it committed. Nothing else is ever removed.
"""

from __future__ import annotations

import os
import uuid
from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import polars as pl

from bandit.catalog import Catalog
from bandit.config import Id
from bandit.errors import BadInput
from bandit.join import order, seconds
from bandit.records import ARMS, Event, Outcome, Round
from bandit.shelf import Shelf

OUTCOMES, EVENTS = "outcomes", "events"

OUTCOME_SCHEMA: dict[str, Any] = {
    "position": pl.String,  # of the decision in the log
    "decision": pl.String,  # 32 hex digits
    "slot": pl.UInt8,
    "time": pl.Datetime("us", "UTC"),
    "user": pl.String,  # pseudonym, 32 hex digits, or null
    "consent": pl.Boolean,
    "arm": pl.String,
    "context": pl.String,  # JSON
    "catalog_version": pl.UInt32,
    "model_version": pl.UInt64,
    "candidates": pl.List(pl.UInt32),  # [k] positions in the policy's shelf of that catalog, or in `inline`
    "templates": pl.List(pl.String),  # [k] of each candidate
    "placements": pl.List(pl.String),  # [k]
    "probabilities": pl.List(pl.Float32),  # [k]
    "chosen": pl.UInt32,
    "propensity": pl.Float32,
    "excluded": pl.String,  # JSON: reason -> candidates
    "inline": pl.String,  # JSON: candidates the request described, or null
    "trainable": pl.Boolean,
    "events": pl.String,  # JSON: the events that counted, each [id, type, time, occurred, value], or null
    "impressions": pl.UInt32,
    "clicks": pl.UInt32,
    "conversions": pl.UInt32,
    "revenue": pl.Float64,
    "reward": pl.Float64,
    "weight": pl.Float64,  # how many decisions the row stands for: 1, unless a log was thinned out before its import
}
_EVENT_SCHEMA: dict[str, Any] = {
    "position": pl.String,
    "id": pl.String,
    "decision": pl.String,
    "slot": pl.UInt8,
    "type": pl.String,
    "time": pl.Datetime("us", "UTC"),
    "occurred": pl.Datetime("us", "UTC"),
    "value": pl.Float64,
}


class Archive:
    """One policy's files."""

    def __init__(self, folder: Path, policy: str) -> None:
        self.folder = policy_folder(folder, policy)
        self._outcomes: dict[str, list[dict[str, Any]]] = defaultdict(list)
        self._events: dict[str, list[dict[str, Any]]] = defaultdict(list)
        self._pending: dict[Path, pl.DataFrame] = {}  # written, not yet named: final path -> rows
        self._token = uuid.uuid4().hex[:8]  # two learners never write one pending file
        self._catalogs: set[int] = set()

    def add_outcome(self, outcome: Outcome, shelf: Shelf) -> None:
        """Take in a closed decision; it is on disk after the next `write`."""
        rows = self._outcomes[_date(outcome.position)]
        for slot, drawn in enumerate(outcome.decision.rounds):
            rows.append(outcome_row(outcome, shelf, slot, drawn, outcome.rewards[slot]))

    def add_event(self, position: str, event: Event) -> None:
        """Take in an event as it came."""
        self._events[_date(position)].append(_event_row(position, event))

    @property
    def waiting(self) -> int:
        """Rows not on disk yet."""
        return sum(map(len, [*self._outcomes.values(), *self._events.values()]))

    def write(self) -> tuple[str, ...]:
        """Put all rows taken in so far on disk, pending; what a checkpoint must list for them to become valid."""
        for kind, days, schema in (
            (OUTCOMES, self._outcomes, OUTCOME_SCHEMA),
            (EVENTS, self._events, _EVENT_SCHEMA),
        ):
            for date, rows in days.items():
                first, last = (rows[at]["position"].replace("-", "_") for at in (0, -1))
                path = self.folder / f"date={date}" / f"{kind}-{first}-to-{last}.parquet"
                self._pending[path] = framed(rows, schema)
                _put(self._pending[path], self._named(path))
            days.clear()
        return tuple(self._named(path).relative_to(self.folder).as_posix() for path in self._pending)

    def publish(self) -> None:
        """Give the files written their names, now that the checkpoint that lists them is committed."""
        for path, frame in self._pending.items():
            try:
                self._named(path).replace(path)
            except FileNotFoundError:  # removed by a learner that started meanwhile
                _put(frame, path)
        self._pending.clear()

    def settle(self, committed: Iterable[str]) -> list[Path]:
        """Give the files a checkpoint lists their names and remove other pending ones; those removed."""
        listed = {self.folder / name for name in committed}
        removed = []
        for pending in self.folder.glob("date=*/*.pending"):
            if pending in listed:
                pending.replace(pending.with_name(pending.name.partition(".parquet")[0] + ".parquet"))
            else:
                pending.unlink(missing_ok=True)
                removed.append(pending)
        return removed

    def _named(self, path: Path) -> Path:
        return path.with_name(f"{path.name}.{self._token}.pending")

    def keep_catalog(self, catalog: Catalog) -> None:
        """Write a catalog version down, once."""
        if catalog.version not in self._catalogs:
            path = self.folder / "catalog" / f"{catalog.version}.json"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(msgspec.json.encode(catalog))
            self._catalogs.add(catalog.version)


def _put(frame: pl.DataFrame, path: Path) -> None:
    """Write a file whole and have the disk keep it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(path.name + ".draft")
    frame.write_parquet(draft)
    with draft.open("rb") as file:
        os.fsync(file.fileno())
    draft.replace(path)


def framed(rows: list[dict[str, Any]], schema: dict[str, Any]) -> pl.DataFrame:
    """Rows as a frame, column by column, which Polars takes in a third less time."""
    return pl.DataFrame({name: [row[name] for row in rows] for name in schema}, schema)


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
    return _read(folder, policy, EVENTS, _EVENT_SCHEMA)


def read_imported(folder: Path, policy: str) -> pl.DataFrame:
    """Every slot of logs from elsewhere, file by file; the learner knows nothing of them."""
    paths = sorted(policy_folder(folder, policy).glob(f"imported/*/{OUTCOMES}-*.parquet"))
    frames = [pl.read_parquet(path, hive_partitioning=False) for path in paths]
    return pl.concat(frames) if frames else pl.DataFrame(schema=OUTCOME_SCHEMA)


def ordered(folder: Path, policy: str, kind: str) -> list[Path]:
    """The learner's own files of a kind, in log order."""
    paths = policy_folder(folder, policy).glob(f"date=*/{kind}-*.parquet")
    return sorted(paths, key=lambda path: order(path.stem.split("-to-")[1].replace("_", "-")))


def _read(folder: Path, policy: str, kind: str, schema: dict[str, Any]) -> pl.DataFrame:
    frames = [pl.read_parquet(path, hive_partitioning=False) for path in ordered(folder, policy, kind)]
    return pl.concat(frames) if frames else pl.DataFrame(schema=schema)


def outcome_row(outcome: Outcome, shelf: Shelf | None, slot: int, drawn: Round, reward: float) -> dict[str, Any]:
    """One slot as a row.

    shelf  of the decision's catalog; None will do if the decision brought its own candidates
    """
    decision = outcome.decision
    events = [event for event in outcome.events if event.slot == slot]
    kinds = {event.type for event in events}
    bought = [event.value for event in events if event.type == "purchase"]
    templates, placements = _names(outcome, shelf, drawn)
    return {
        "position": outcome.position,
        "decision": decision.id.hex(),
        "slot": slot,
        "time": _instant(decision.time),
        "user": decision.user.hex() or None,
        "consent": decision.consent,
        "arm": ARMS[decision.arm],
        "context": msgspec.json.encode(decision.context).decode(),
        "catalog_version": decision.catalog_version,
        "model_version": decision.model_version,
        "candidates": drawn.positions().tolist(),
        "templates": templates,
        "placements": placements,
        "probabilities": drawn.propensities().tolist(),
        "chosen": drawn.chosen,
        "propensity": drawn.propensity,
        "excluded": msgspec.json.encode(decision.excluded).decode(),
        "inline": msgspec.json.encode(decision.inline).decode() if decision.inline else None,
        "trainable": decision.trainable,
        "events": msgspec.json.encode([_told(event) for event in events]).decode() if events else None,
        "impressions": int("impression" in kinds),
        "clicks": int("click" in kinds),
        "conversions": len(bought),
        "revenue": sum(bought),
        "reward": reward,
        "weight": 1.0,
    }


def _names(outcome: Outcome, shelf: Shelf | None, drawn: Round) -> tuple[list[str], list[str]]:
    positions = drawn.positions()
    if inline := outcome.decision.inline:
        return [inline[i].template for i in positions], [inline[i].placement for i in positions]
    if shelf is None:
        raise BadInput("#/shelf", "unresolved", f"catalog version {outcome.decision.catalog_version} is needed")
    templates = [shelf.templates[i].id for i in shelf.template[positions]]
    return templates, [shelf.placements[i].id for i in shelf.placement[positions]]


def _told(event: Event) -> list[Any]:
    """An event without its decision and slot: id, type, time, occurred, value; times to the microsecond."""
    return [event.id, event.type, round(event.time, 6), round(event.occurred, 6), event.value]


def _event_row(position: str, event: Event) -> dict[str, Any]:
    return {
        "position": position,
        "id": event.id,
        "decision": event.decision.hex(),
        "slot": event.slot,
        "type": event.type,
        "time": _instant(event.time),
        "occurred": _instant(event.occurred),
        "value": event.value,
    }


def _instant(time_s: float) -> datetime:
    return datetime.fromtimestamp(time_s, UTC)


def _date(position: str) -> str:
    return datetime.fromtimestamp(seconds(position), UTC).date().isoformat()
