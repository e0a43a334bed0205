"""What the learner's writer put down is read again as it was."""

from __future__ import annotations

from pathlib import Path

import pytest

from bandit.archive.archived import Archived
from bandit.archive.files import last_position, ordered, read_outcomes
from bandit.errors import BadInput
from tests.archives import DECIDED, written


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
