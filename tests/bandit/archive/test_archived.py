"""What the learner's writer put down is read again as it was."""

from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np
import polars as pl
import pytest

from bandit.archive.archived import Archived, outcomes
from bandit.archive.columns import LATER
from bandit.archive.files import last_position, ordered, read_outcomes
from bandit.archive.frames import outcome_frame, rows_of
from bandit.decide import Ask, decide
from bandit.eligibility.limits import Limits
from bandit.errors import BadInput
from bandit.records import Outcome
from simulations.logs.archive import open_archive
from tests.archives import DECIDED, written
from tests.bandit.shops import SHELVES, weights
from tests.entries import START_S, raw


def test_the_archive_gives_back_the_outcomes_it_was_given(tmp_path: Path) -> None:
    reading = Archived(written(tmp_path), "home")
    assert list(reading.outcomes()) == DECIDED
    assert (reading.rows(), reading.policy().id) == (2 * len(DECIDED), "home")


def test_what_stands_behind_a_position_is_read_from_there_on(tmp_path: Path) -> None:
    behind = Archived(written(tmp_path), "home").behind(DECIDED[30].position)
    assert list(behind) == DECIDED[31:]


def test_files_stand_in_log_order_whatever_their_dates(tmp_path: Path) -> None:
    paths = ordered(written(tmp_path), "home", "outcomes")
    assert len(paths) > 1
    assert last_position(paths[-1]) == DECIDED[-1].position
    assert read_outcomes(tmp_path, "home")["position"].to_list()[::2] == [outcome.position for outcome in DECIDED]


@pytest.mark.parametrize("policy", ["../out", "", "a/b", "unheard-of"])
def test_a_policy_without_an_archive_or_that_is_no_id_is_refused(policy: str, tmp_path: Path) -> None:
    with pytest.raises(BadInput):
        Archived(written(tmp_path), policy)


def test_what_limits_prices_and_products_there_were_is_read_again() -> None:
    shelf = SHELVES[True, "softmax", 0.0]
    levels = np.full(len(shelf.templates), 2, np.uint8)
    limits = Limits(levels=levels, placements={"cap": np.array([False, False, True])})
    ask = Ask(id=raw(1), time=START_S, count=2, limits=limits)
    made = decide(ask, shelf, weights(shelf, {"juice": 0.1 + 0.2}))
    made = msgspec.structs.replace(made, products=(("p-1", "p-2"), ()))
    outcome = Outcome("1-0", made, (), (0.0, 0.0))
    frame = outcome_frame(list(rows_of(outcome, shelf)))
    assert list(outcomes(frame)) == [outcome]
    shown = [int(shelf.template[one.positions()[one.chosen]]) for one in made.rounds]
    assert frame["variant"].to_list() == shelf.variant[shown].tolist()


def test_files_of_before_there_were_such_columns_are_read(tmp_path: Path) -> None:
    for path in ordered(written(tmp_path), "home", "outcomes")[:1]:
        pl.read_parquet(path, hive_partitioning=False).drop(LATER).write_parquet(path)
    assert list(Archived(tmp_path, "home").outcomes()) == DECIDED
    assert read_outcomes(tmp_path, "home")["variant"].null_count() > 0
    assert sum(batch.logged.n for batch in open_archive(tmp_path, "home", "all").batches()) == 2 * len(DECIDED)
