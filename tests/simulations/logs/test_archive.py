"""The archive is read as it was written, arm by arm, in batches of any size, or refused with row and column."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import numpy as np
import polars as pl
import pytest

from bandit.errors import BadInput
from bandit.records import HOLDOUT, Outcome
from simulations.logs import base
from simulations.logs.archive import open_archive
from tests.archives import DECIDED, written


def mixed() -> list[Outcome]:
    """Every third decision is the holdout's."""
    arms = ((i % 3 == 0) * HOLDOUT for i in range(len(DECIDED)))
    return [
        msgspec.structs.replace(each, decision=msgspec.structs.replace(each.decision, arm=arm))
        for each, arm in zip(DECIDED, arms, strict=True)
    ]


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    return written(tmp_path, mixed())


def test_rounds_are_what_was_decided(archive: Path) -> None:
    log = open_archive(archive, "home", "all")
    parts = [batch.logged for batch in log.batches()]
    assert (log.actions, log.rounds) == (("new/hero", "new/rail", "sale/hero", "sale/rail"), 2 * len(DECIDED))
    assert np.concatenate([part.reward for part in parts]).tolist() == [r for each in DECIDED for r in each.rewards]
    assert np.concatenate([part.decision for part in parts]).tolist() == [i // 2 for i in range(log.rounds)]
    assert {float(p) for part in parts for p in (*part.propensity, *part.served)} == {0.25}  # type: ignore[misc]


def test_a_data_folder_is_as_good_as_its_archive(tmp_path: Path) -> None:
    written(tmp_path / "archive")
    assert open_archive(tmp_path, "home").rounds == open_archive(tmp_path / "archive", "home").rounds


def test_an_arm_is_read_by_itself(archive: Path) -> None:
    counts = [open_archive(archive, "home", arm).rounds for arm in ("learned", "holdout", "all")]
    assert counts == [52, 26, 78]
    log = open_archive(archive, "home", "holdout")
    assert {outcome.decision.arm for batch in log.batches() for outcome in log.outcomes(batch)} == {HOLDOUT}


def test_an_arm_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="holds no round of arm holdout"):
        open_archive(written(tmp_path), "home", "holdout")


def test_a_batch_of_any_size_tells_the_same(archive: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = [batch.logged for batch in open_archive(archive, "home").batches(features=True)]
    monkeypatch.setattr(base, "CANDIDATES", 24)
    parts = [batch.logged for batch in open_archive(archive, "home").batches(features=True)]
    assert len(parts) > len(whole)
    for name in ("action", "propensity", "decision", "user", "shared"):
        ours, theirs = (np.concatenate([getattr(part, name) for part in some]) for some in (parts, whole))
        assert ours.tolist() == theirs.tolist()


def test_an_engine_finds_outcomes_and_their_shelf(archive: Path) -> None:
    log = open_archive(archive, "home", "all")
    outcomes = [outcome for batch in log.batches() for outcome in log.outcomes(batch)]
    assert outcomes == mixed()
    assert log.shelves(None)(outcomes[0]).n == 4
    asked = [each for batch in log.batches() for each in log.asked(batch)]
    assert [each.slot for each in asked] == [0, 1] * len(DECIDED)
    assert asked[0].candidates[3] == {"id": "rail", "tone": "calm", "height": 2, "action": "new/rail"} | {
        "template": "new",
        "placement": "rail",
    }


def broken(archive: Path, *columns: pl.Expr) -> Iterator[None]:
    """Change columns of the archive's second file and read it; the first has two rows."""
    path = sorted(archive.rglob("outcomes-*.parquet"))[1]
    pl.read_parquet(path, hive_partitioning=False).with_columns(*columns).write_parquet(path)
    for _ in open_archive(archive, "home", "all").batches():
        yield


FIFTEENTH = pl.int_range(pl.len()) == 15


@pytest.mark.parametrize(
    ("column", "value", "where"),
    [
        ("propensity", pl.lit(0.0, pl.Float32), "#/rows/17/propensity"),
        ("propensity", pl.lit(1.5, pl.Float32), "#/rows/17/propensity"),
        ("propensity", pl.lit(0.5, pl.Float32), "#/rows/17/propensity"),
        ("propensity", pl.lit(None, pl.Float32), "#/rows/17/propensity"),
        ("probabilities", pl.lit([0.5, 0.5, 0.25, 0.0], pl.List(pl.Float32)), "#/rows/17/probabilities"),
        ("probabilities", pl.lit([0.5, 0.5], pl.List(pl.Float32)), "#/rows/17/candidates"),
        ("reward", pl.lit(float("inf")), "#/rows/17/reward"),
        ("chosen", pl.lit(4, pl.UInt32), "#/rows/17/chosen"),
        ("position", pl.lit("1-0"), "#/rows/17/position"),
        ("weight", pl.lit(2.0), "#/rows/17/weight"),
    ],
)
def test_rows_that_no_archive_holds_are_refused(column: str, value: pl.Expr, where: str, archive: Path) -> None:
    changed = pl.when(FIFTEENTH).then(value).otherwise(pl.col(column)).alias(column)
    with pytest.raises(BadInput) as refused:
        list(broken(archive, changed))
    assert refused.value.pointer == where


def test_files_of_another_schema_are_refused(archive: Path) -> None:
    with pytest.raises(BadInput, match=r"#/columns/reward: reward is Float32"):
        list(broken(archive, pl.col("reward").cast(pl.Float32)))
