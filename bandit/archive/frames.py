"""Outcomes and events as rows of the archive, column by column, which Polars takes far faster than rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import groupby
from typing import Any, NamedTuple

import msgspec
import numpy as np
import polars as pl

from bandit.archive.columns import EVENT_SCHEMA, OUTCOME_SCHEMA
from bandit.errors import BadInput
from bandit.records import ARMS, Decision, Event, Outcome, Round, unpacked
from bandit.shelf import Shelf


class Row(NamedTuple):
    """One slot of a closed decision."""

    outcome: Outcome
    shelf: Shelf | None  # of the decision's catalog; None will do if the decision brought its own candidates
    slot: int
    drawn: Round
    reward: float
    trainable: bool
    weight: float = 1.0


class Told(NamedTuple):
    """What the events of a slot come to."""

    events: str | None  # JSON
    impressions: int
    clicks: int
    conversions: int
    revenue: float


_NOTHING = Told(None, 0, 0, 0, 0.0)


def rows_of(outcome: Outcome, shelf: Shelf) -> Iterator[Row]:
    """One row a slot."""
    decision = outcome.decision
    for slot, (drawn, reward) in enumerate(zip(decision.rounds, outcome.rewards, strict=True)):
        yield Row(outcome, shelf, slot, drawn, reward, decision.trainable)


def outcome_frame(rows: Sequence[Row]) -> pl.DataFrame:
    """Rows in their order. Raises BadInput if a row lacks the shelf its candidates stand in."""
    decisions = [row.outcome.decision for row in rows]
    told = [_told(row) for row in rows]
    columns = {
        "position": [row.outcome.position for row in rows],
        "decision": [decision.id.hex() for decision in decisions],
        "slot": [row.slot for row in rows],
        "time": _instants([decision.time for decision in decisions]),
        "user": [decision.user.hex() or None for decision in decisions],
        "consent": [decision.consent for decision in decisions],
        "arm": [ARMS[decision.arm] for decision in decisions],
        "context": [_json(decision.context) for decision in decisions],
        "catalog_version": [decision.catalog_version for decision in decisions],
        "model_version": [decision.model_version for decision in decisions],
        "chosen": [row.drawn.chosen for row in rows],
        "propensity": [row.drawn.propensity for row in rows],
        "excluded": [_json(decision.excluded) for decision in decisions],
        "inline": [_json(decision.inline) if decision.inline else None for decision in decisions],
        "trainable": [row.trainable for row in rows],
        "reward": [row.reward for row in rows],
        "weight": [row.weight for row in rows],
        "variant": [_variant(row) for row in rows],
        "barred": [_barred(decision) for decision in decisions],
        "prices": [_json(decision.prices) if decision.prices else None for decision in decisions],
        "products": [_products(row) for row in rows],
    }
    columns |= dict(zip(Told._fields, map(list, zip(*told, strict=True)), strict=True))
    columns |= {column.name: column for column in _lists(rows)}
    return pl.DataFrame({name: columns[name] for name in OUTCOME_SCHEMA}, OUTCOME_SCHEMA)


def event_frame(rows: Sequence[tuple[str, Event]]) -> pl.DataFrame:
    """Events with their positions in the log, in their order."""
    events = [event for _, event in rows]
    columns = {
        "position": [position for position, _ in rows],
        "id": [event.id for event in events],
        "decision": [event.decision.hex() for event in events],
        "slot": [event.slot for event in events],
        "type": [event.type for event in events],
        "time": _instants([event.time for event in events]),
        "occurred": _instants([event.occurred for event in events]),
        "value": [event.value for event in events],
    }
    return pl.DataFrame(columns, EVENT_SCHEMA)


def _lists(rows: Sequence[Row]) -> list[pl.Series]:
    """The columns that hold a list of k: made flat, then cut into rows."""
    positions = [row.drawn.positions() for row in rows]
    names = [_names(shown, at) for shown, at in _runs(rows, positions)]
    flat = pl.DataFrame(
        {
            "row": np.repeat(np.arange(len(rows), dtype=np.uint32), [len(some) for some in positions]),
            "candidates": np.concatenate(positions),
            "templates": pl.concat([templates for templates, _ in names]),
            "placements": pl.concat([placements for _, placements in names]),
            "probabilities": np.frombuffer(b"".join(row.drawn.probabilities for row in rows), "<f4"),
        }
    )
    return flat.group_by("row", maintain_order=True).agg(pl.all()).drop("row").get_columns()


def _runs(rows: Sequence[Row], positions: Sequence[Any]) -> Iterator[tuple[Row, Any]]:
    """Rows that stand together and name their candidates alike: one of them, and the positions of all in one array."""
    for _, run in groupby(zip(rows, positions, strict=True), _naming):
        shown, at = zip(*run, strict=True)
        yield shown[0], np.concatenate(at)


def _naming(each: tuple[Row, Any]) -> int:
    """The same for rows whose candidates are found in the same place."""
    return id(each[0].outcome.decision.inline or each[0].shelf)


def _names(row: Row, positions: Any) -> tuple[pl.Series, pl.Series]:
    """Ids of the templates and placements of candidates."""
    if inline := row.outcome.decision.inline:
        ids = ((inline[i].template, inline[i].placement) for i in positions)
        templates, placements = zip(*ids, strict=True)
        return pl.Series(templates, dtype=pl.String), pl.Series(placements, dtype=pl.String)
    if row.shelf is None:
        version = row.outcome.decision.catalog_version
        raise BadInput("#/shelf", "unresolved", f"catalog version {version} is needed")
    return (
        _ids(row.shelf.templates).gather(row.shelf.template[positions]),
        _ids(row.shelf.placements).gather(row.shelf.placement[positions]),
    )


def _ids(items: Iterable[Any]) -> pl.Series:
    return pl.Series([item.id for item in items], dtype=pl.String)


def _variant(row: Row) -> int | None:
    """Of the template that was shown."""
    if row.outcome.decision.inline or row.shelf is None:
        return None
    return int(row.shelf.variant[row.shelf.template[row.drawn.positions()[row.drawn.chosen]]])


def _barred(decision: Decision) -> str | None:
    barred, excluded = decision.barred, decision.excluded
    return (
        _listed(tuple((reason, some, excluded.get(reason, 0)) for reason, some in barred.items())) if barred else None
    )


@lru_cache(maxsize=1_024)
def _listed(barred: tuple[tuple[str, bytes, int], ...]) -> str:
    """Reasons, packed positions and how many: much the same ones stand in every decision."""
    return _json({reason: unpacked(some, count).tolist() for reason, some, count in barred})


def _products(row: Row) -> list[str] | None:
    """What filled the template of this slot; an imported row's decision has but the one."""
    told = row.outcome.decision.products
    return list(told[row.slot if row.slot < len(told) else 0]) if told else None


def _told(row: Row) -> Told:
    events = [event for event in row.outcome.events if event.slot == row.slot]
    if not events:
        return _NOTHING
    kinds = {event.type for event in events}
    bought = [event.value for event in events if event.type == "purchase"]
    # times to the microsecond, as those of columns
    listed = [[event.id, event.type, round(event.time, 6), round(event.occurred, 6), event.value] for event in events]
    return Told(_json(listed), int("impression" in kinds), int("click" in kinds), len(bought), sum(bought))


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()


def _instants(times_s: Sequence[float]) -> pl.Series:
    """Seconds since 1970 to the nearest microsecond, as `datetime.fromtimestamp` rounds."""
    part_s, whole_s = np.modf(np.array(times_s))
    micros = whole_s.astype(np.int64) * 1_000_000 + np.rint(part_s * 1e6).astype(np.int64)
    return pl.Series(micros).cast(pl.Datetime("us", "UTC"))
