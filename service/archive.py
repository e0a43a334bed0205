"""Learned decisions and their events as Parquet, each exactly once.

    <data>/archive/policy=<p>/date=<d>/outcomes-<first>-<last>.parquet   one row a slot, closed decisions in log order
    <data>/archive/policy=<p>/date=<d>/events-<first>-<last>.parquet     every event as it came, late ones too
    <data>/archive/policy=<p>/catalog/<version>.json                     what positions and ids refer to

A file becomes valid with the checkpoint that names its end; what lies beyond the last checkpoint is left over from
a learner that died, and is removed before the next one writes.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import polars as pl

from bandit.catalog import Catalog
from bandit.join import order, seconds
from bandit.records import ARMS, Event, Outcome, Round
from bandit.shelf import Shelf

OUTCOMES, EVENTS = "outcomes", "events"

_OUTCOME_SCHEMA: dict[str, Any] = {
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
    "templates": pl.List(pl.String),  # [k] of each candidate
    "placements": pl.List(pl.String),  # [k]
    "probabilities": pl.List(pl.Float32),  # [k]
    "chosen": pl.UInt32,
    "propensity": pl.Float32,
    "excluded": pl.String,  # JSON: reason -> candidates
    "inline": pl.String,  # JSON: candidates the request described, or null
    "trainable": pl.Boolean,
    "impressions": pl.UInt32,
    "clicks": pl.UInt32,
    "conversions": pl.UInt32,
    "revenue": pl.Float64,
    "reward": pl.Float64,
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
        self.folder = folder / f"policy={policy}"
        self._outcomes: dict[str, list[dict[str, Any]]] = defaultdict(list)
        self._events: dict[str, list[dict[str, Any]]] = defaultdict(list)
        self._catalogs: set[int] = set()

    def add_outcome(self, outcome: Outcome, shelf: Shelf) -> None:
        """Take in a closed decision; it is on disk after the next `write`."""
        rows = self._outcomes[_date(outcome.position)]
        rows += [_outcome_row(outcome, shelf, slot, drawn) for slot, drawn in enumerate(outcome.decision.rounds)]

    def add_event(self, position: str, event: Event) -> None:
        """Take in an event as it came."""
        self._events[_date(position)].append(_event_row(position, event))

    @property
    def waiting(self) -> int:
        """Rows not on disk yet."""
        return sum(map(len, [*self._outcomes.values(), *self._events.values()]))

    def write(self) -> None:
        """Put all rows taken in so far on disk."""
        for kind, days, schema in (
            (OUTCOMES, self._outcomes, _OUTCOME_SCHEMA),
            (EVENTS, self._events, _EVENT_SCHEMA),
        ):
            for date, rows in days.items():
                self._file(kind, date, rows[0]["position"], rows[-1]["position"], pl.DataFrame(rows, schema))
            days.clear()

    def keep_catalog(self, catalog: Catalog) -> None:
        """Write a catalog version down, once."""
        if catalog.version not in self._catalogs:
            path = self.folder / "catalog" / f"{catalog.version}.json"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(msgspec.json.encode(catalog))
            self._catalogs.add(catalog.version)

    def remove_beyond(self, cursor: str, read: str) -> list[Path]:
        """Delete what no checkpoint vouches for: outcomes behind `cursor`, events behind `read`."""
        beyond = [path for kind, last in ((OUTCOMES, cursor), (EVENTS, read)) for path in self._after(kind, last)]
        for path in beyond:
            path.unlink()
        return beyond

    def _after(self, kind: str, last: str) -> Iterable[Path]:
        for path in self.folder.glob(f"date=*/{kind}-*.parquet"):
            first = path.stem.split("-", 1)[1].split("-to-")[0].replace("_", "-")
            if order(first) > order(last):
                yield path

    def _file(self, kind: str, date: str, first: str, last: str, frame: pl.DataFrame) -> None:
        folder = self.folder / f"date={date}"
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{kind}-{first.replace('-', '_')}-to-{last.replace('-', '_')}.parquet"
        draft = path.with_suffix(".draft")
        frame.write_parquet(draft)
        with draft.open("rb") as file:
            os.fsync(file.fileno())
        draft.replace(path)


def read_outcomes(folder: Path, policy: str) -> pl.DataFrame:
    """Every archived slot of a policy, in log order."""
    return _read(folder, policy, OUTCOMES, _OUTCOME_SCHEMA)


def read_events(folder: Path, policy: str) -> pl.DataFrame:
    """Every archived event of a policy, in log order."""
    return _read(folder, policy, EVENTS, _EVENT_SCHEMA)


def _read(folder: Path, policy: str, kind: str, schema: dict[str, Any]) -> pl.DataFrame:
    paths = (folder / f"policy={policy}").glob(f"date=*/{kind}-*.parquet")
    ordered = sorted(paths, key=lambda path: order(path.stem.split("-to-")[1].replace("_", "-")))
    frames = [pl.read_parquet(path, hive_partitioning=False) for path in ordered]
    return pl.concat(frames) if frames else pl.DataFrame(schema=schema)


def _outcome_row(outcome: Outcome, shelf: Shelf, slot: int, drawn: Round) -> dict[str, Any]:
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
        "templates": templates,
        "placements": placements,
        "probabilities": drawn.propensities().tolist(),
        "chosen": drawn.chosen,
        "propensity": drawn.propensity,
        "excluded": msgspec.json.encode(decision.excluded).decode(),
        "inline": msgspec.json.encode(decision.inline).decode() if decision.inline else None,
        "trainable": decision.trainable,
        "impressions": int("impression" in kinds),
        "clicks": int("click" in kinds),
        "conversions": len(bought),
        "revenue": sum(bought),
        "reward": outcome.rewards[slot],
    }


def _names(outcome: Outcome, shelf: Shelf, drawn: Round) -> tuple[list[str], list[str]]:
    positions = drawn.positions()
    if inline := outcome.decision.inline:
        return [inline[i].template for i in positions], [inline[i].placement for i in positions]
    templates = [shelf.templates[i].id for i in shelf.template[positions]]
    return templates, [shelf.placements[i].id for i in shelf.placement[positions]]


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
