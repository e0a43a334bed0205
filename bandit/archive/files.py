"""Where the archive's files are, and in which order they were written.

<archive>/policy=<p>/date=<d>/outcomes-<first>-to-<last>.parquet   one row a slot, closed decisions in log order
<archive>/policy=<p>/date=<d>/events-<first>-to-<last>.parquet     every event as it came, late ones too
<archive>/policy=<p>/catalog/<version>.json                        what positions and ids refer to
<archive>/policy=<p>/imported/<name>/outcomes-<part>.parquet       logs from elsewhere
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import polars as pl

from bandit.archive.columns import EVENT_SCHEMA, OUTCOME_SCHEMA, lacking
from bandit.config import Id
from bandit.errors import BadInput
from bandit.join import order

OUTCOMES, EVENTS = "outcomes", "events"


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
    frames = [_whole(pl.read_parquet(path, hive_partitioning=False), OUTCOMES) for path in paths]
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
    frames = [_whole(pl.read_parquet(path, hive_partitioning=False), kind) for path in ordered(folder, policy, kind)]
    return pl.concat(frames) if frames else pl.DataFrame(schema=schema)


def _whole(frame: pl.DataFrame, kind: str) -> pl.DataFrame:
    """With the columns that came after the file was written."""
    return frame.with_columns(lacking(frame.columns)) if kind == OUTCOMES else frame
