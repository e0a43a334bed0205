"""Outcomes out of the archive again, as the learner learned them, one file in memory at a time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from functools import cache, lru_cache
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any, Literal

import msgspec
import numpy as np
import polars as pl

from bandit.archive.columns import lacking
from bandit.archive.files import OUTCOMES, last_position, ordered, policy_folder
from bandit.catalog import Catalog
from bandit.config import Learning, Policy
from bandit.errors import BadInput, Damaged
from bandit.join import order
from bandit.records import ARMS, Context, Decision, Event, EventType, InlineCandidate, Outcome, Round, packed
from bandit.shelf import Shelf, lay_out

Inline = tuple[InlineCandidate, ...]
Told = tuple[str, EventType, float, float, float]  # id, type, time, occurred, value

_context = msgspec.json.Decoder(Context)
_excluded = msgspec.json.Decoder(dict[str, int])
_inline = msgspec.json.Decoder(Inline)
_barred = msgspec.json.Decoder(dict[str, list[int]])
_prices = msgspec.json.Decoder(dict[str, float])
_events = msgspec.json.Decoder(list[Told])
_catalog = msgspec.json.Decoder(Catalog)


class Archived:
    """One policy's archive, for reading."""

    def __init__(self, folder: Path, policy: str, learning: Learning | None = None) -> None:
        """
        learning  what shelves are laid out for, if not for the `learning` of their catalog

        Raises BadInput for what is no id, or if nothing of this policy was ever archived.
        """
        self._learning = learning
        self._folder = folder
        self._policy = policy
        self._catalogs = policy_folder(folder, policy) / "catalog"
        self.shelf = cache(self._shelf)
        if not self._catalogs.is_dir():
            raise BadInput("#/policy", "unknown", f"{folder} holds nothing of policy {policy!r}")

    def policy(self) -> Policy:
        """The policy as the newest archived catalog has it."""
        return self.shelf(max(int(path.stem) for path in self._catalogs.glob("*.json"))).policy

    def rows(self) -> int:
        """How many slots there are."""
        return sum(int(pl.scan_parquet(path).select(pl.len()).collect().item()) for path in self._paths())

    def outcomes(self, since: datetime | None = None, until: datetime | None = None) -> Iterator[Outcome]:
        """Decisions made from `since` up to, not including, `until`, in the order they were learned."""
        for path in self._paths():
            frame = pl.read_parquet(path, hive_partitioning=False)
            if since is not None:
                frame = frame.filter(pl.col("time") >= since)
            if until is not None:
                frame = frame.filter(pl.col("time") < until)
            yield from outcomes(frame)

    def behind(self, position: str) -> Iterator[Outcome]:
        """Outcomes behind a log position, in the order they were learned."""
        for path in self._paths():
            if order(last_position(path)) > order(position):
                found = outcomes(pl.read_parquet(path, hive_partitioning=False))
                yield from (outcome for outcome in found if order(outcome.position) > order(position))

    def _paths(self) -> list[Path]:
        return ordered(self._folder, self._policy, OUTCOMES)

    def _shelf(self, version: int) -> Shelf:
        """The policy's shelf of a catalog version. Raises Damaged if the archive does not hold it."""
        path = self._catalogs / f"{version}.json"
        try:
            catalog = _catalog.decode(path.read_bytes())
            policy = next(policy for policy in catalog.policies if policy.id == self._policy)
            return lay_out(catalog, msgspec.structs.replace(policy, learning=self._learning or policy.learning))
        except (OSError, msgspec.MsgspecError, StopIteration) as fault:
            raise Damaged(f"{path} is needed and does not hold the catalog of {self._policy!r}: {fault!r}") from None


def outcomes(frame: pl.DataFrame) -> Iterator[Outcome]:
    """The outcomes of archive rows, the slots of each standing together."""
    rounds = zip(*(_slices(frame, name, kind) for name, kind in _PACKED), strict=True)
    others = frame.drop("candidates", "probabilities", "templates", "placements", "propensity")
    others = others.with_columns(lacking(others.columns))
    rows = zip(others.iter_rows(named=True), rounds, strict=True)
    for (position, _), slots in groupby(rows, key=lambda row: (row[0]["position"], row[0]["decision"])):
        yield _outcome(position, list(slots))


_PACKED = (("candidates", "<u4"), ("probabilities", "<f4"))


def _slices(frame: pl.DataFrame, name: str, kind: str) -> Iterator[bytes]:
    """Each row's list as packed numbers."""
    column = frame.get_column(name)
    flat = column.explode().to_numpy().astype(kind)
    ends = np.cumsum(column.list.len().to_numpy())
    for start, end in zip([0, *ends.tolist()], ends.tolist(), strict=False):
        yield flat[start:end].tobytes()


def _outcome(position: str, slots: list[tuple[dict[str, Any], tuple[bytes, bytes]]]) -> Outcome:
    row = slots[0][0]
    inline, rounds = _candidates(slots)
    decision = Decision(
        id=bytes.fromhex(row["decision"]),
        time=row["time"].timestamp(),
        user=bytes.fromhex(row["user"] or ""),
        consent=row["consent"],
        arm=_arm(row["arm"]),
        catalog_version=row["catalog_version"],
        model_version=row["model_version"],
        context=_context.decode(row["context"]),
        rounds=rounds,
        excluded=_excluded.decode(row["excluded"]),
        inline=inline,
        barred=_packed_barred(row["barred"]) if row["barred"] else {},
        prices=_prices.decode(row["prices"]) if row["prices"] else {},
        products=_products(slots),
    )
    events = tuple(event for slot, _ in slots for event in _heard(decision.id, slot))
    return Outcome(position, decision, events, tuple(map(itemgetter("reward"), (slot for slot, _ in slots))))


def _candidates(slots: list[tuple[dict[str, Any], tuple[bytes, bytes]]]) -> tuple[Inline, tuple[Round, ...]]:
    """The candidates a decision brought and its rounds; imported slots each bring their own, here put together."""
    shared = all(row["inline"] == slots[0][0]["inline"] for row, _ in slots)
    inline: Inline = ()
    rounds = []
    for row, (candidates, probabilities) in slots:
        start = 0 if shared else len(inline)
        if row["inline"] and (not shared or not inline):
            inline += _inline.decode(row["inline"])
        rounds.append(Round(_packed(candidates, start), probabilities, row["chosen"]))
    return inline, tuple(rounds)


@lru_cache(maxsize=1_024)
def _packed(candidates: bytes, start: int) -> bytes:
    """Positions as a record holds them: much the same ones stand in every decision."""
    return packed(np.frombuffer(candidates, "<u4") + np.uint32(start))


@lru_cache(maxsize=1_024)
def _packed_barred(told: str) -> dict[str, bytes]:
    """Reason -> positions as a record holds them; not to be changed."""
    return {reason: packed(np.array(some, np.uint32)) for reason, some in _barred.decode(told).items()}


def _products(slots: list[tuple[dict[str, Any], tuple[bytes, bytes]]]) -> tuple[tuple[str, ...], ...]:
    """One a slot; nothing where no slot was ever filled."""
    told = [row["products"] for row, _ in slots]
    return tuple(tuple(some or ()) for some in told) if any(some is not None for some in told) else ()


def _heard(decision: bytes, row: dict[str, Any]) -> Iterator[Event]:
    for name, kind, time, occurred, value in _events.decode(row["events"]) if row["events"] else ():
        yield Event(name, decision, row["slot"], kind, time, occurred, value)


def _arm(name: str) -> Literal[0, 1]:
    return 1 if name == ARMS[1] else 0
