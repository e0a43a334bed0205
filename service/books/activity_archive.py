"""What users did, as Parquet, each thing once.

    <data>/archive/activity/date=<d>/activity-<first>-to-<last>.parquet

A file is written first and vouched for after: whoever begins removes what no books vouch for, and writes it again.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl

from bandit.join import order
from bandit.profiles.activity import Activity

WAITING_ROWS = 20_000  # in memory before a file is due
DAY_MS = 86_400_000
SCHEMA: dict[str, Any] = {
    "position": pl.String,  # in the log of activity
    "user": pl.String,  # pseudonym, 32 hex digits
    "kind": pl.String,
    "time": pl.Datetime("us", "UTC"),  # accepted
    "occurred": pl.Datetime("us", "UTC"),  # as the sender told
    "channel": pl.String,
    "product": pl.String,  # empty where none was told; so are category and brand
    "category": pl.String,
    "brand": pl.String,
    "price": pl.Float64,  # of one piece, shop's currency
    "quantity": pl.UInt32,
    "dwell_s": pl.Float64,
    "sentiment": pl.Float64,  # of a review, or null
}


class ActivityArchive:
    """The files of one host."""

    def __init__(self, folder: Path) -> None:
        """
        folder  the archive; nothing is made before there is something to write
        """
        self.folder = folder / "activity"
        self._rows: list[tuple[str, Activity]] = []

    def add(self, position: str, activity: Activity) -> None:
        self._rows.append((position, activity))

    @property
    def waiting(self) -> int:
        """Rows that are not written."""
        return len(self._rows)

    def write(self) -> list[Path]:
        """Put all rows on disk; the files, which count once the books say so."""
        days: dict[int, list[tuple[str, Activity]]] = {}
        for position, activity in self._rows:
            days.setdefault(order(position)[0] // DAY_MS, []).append((position, activity))
        self._rows = []
        return [self._written(day, rows) for day, rows in days.items()]

    def settle(self, archived: str) -> None:
        """Remove what goes beyond a position, which nobody vouches for."""
        for path in self.folder.glob("date=*/*"):
            if path.suffix != ".parquet" or order(_last(path)) > order(archived):
                path.unlink(missing_ok=True)

    def _written(self, day: int, rows: list[tuple[str, Activity]]) -> Path:
        date = datetime.fromtimestamp(day * DAY_MS / 1000, UTC).date().isoformat()
        first, last = (rows[at][0].replace("-", "_") for at in (0, -1))
        path = self.folder / f"date={date}" / f"activity-{first}-to-{last}.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_suffix(".draft")
        with draft.open("wb") as file:
            pl.DataFrame([_row(*row) for row in rows], schema=SCHEMA, orient="row").write_parquet(file)
            file.flush()
            os.fsync(file.fileno())
        return draft.replace(path)


def read_activity(folder: Path) -> pl.DataFrame:
    """Everything archived, in log order.

    folder  the archive
    """
    paths = sorted((folder / "activity").glob("date=*/activity-*.parquet"), key=lambda path: order(_last(path)))
    frames = [pl.read_parquet(path, hive_partitioning=False) for path in paths]
    return pl.concat(frames) if frames else pl.DataFrame(schema=SCHEMA)


def _row(position: str, one: Activity) -> tuple[Any, ...]:
    time, occurred = (datetime.fromtimestamp(when, UTC) for when in (one.time, one.occurred))
    return (
        position, one.user.hex(), one.kind, time, occurred, one.channel, one.product, one.category, one.brand,
        one.price, one.quantity, one.dwell_s, one.sentiment,
    )  # fmt: skip


def _last(path: Path) -> str:
    return path.stem.partition("-to-")[2].replace("_", "-")
