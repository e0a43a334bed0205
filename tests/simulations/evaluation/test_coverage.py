"""Coverage of intervals, measured in little; what the docs show was measured by the command at length."""

from __future__ import annotations

from collections import Counter

import msgspec
import numpy as np
import pytest

from bandit.estimators.ips import ips
from docs import make_intervals
from simulations.evaluation import coverage
from simulations.evaluation.coverage import Coverage, measured, table
from simulations.evaluation.coverage_worlds import WORLDS

STORED = msgspec.json.decode(make_intervals.RESULTS.read_bytes(), type=list[Coverage])


@pytest.fixture(scope="module")
def found() -> list[Coverage]:
    return measured(60, worlds=["even"])


def test_every_method_that_promises_at_least_95_percent_keeps_it(found: list[Coverage]) -> None:
    assert [one for one in found if one.promise == "at least 95" and not one.holds] == []


def test_no_interval_around_the_direct_method_holds(found: list[Coverage]) -> None:
    (dm,) = (one for one in found if one.estimator == "dm")
    assert dm.covered < 0.1
    assert dm.promise == "none"


def test_a_method_that_covers_too_rarely_or_too_often_is_found_out() -> None:
    (one,) = (one for one in STORED if (one.world, one.method, one.estimator) == ("heavy", "normal", "ips"))
    assert one.holds
    assert not msgspec.structs.replace(one, promise="95").holds
    assert not msgspec.structs.replace(one, promise="at least 95").holds
    assert not msgspec.structs.replace(one, promise="95", covered=0.99).holds


def test_the_same_seed_measures_the_same() -> None:
    assert measured(3, 5, ["skewed"]) == measured(3, 5, ["skewed"])


def test_each_log_is_told_of() -> None:
    seen: Counter[str] = Counter()
    measured(4, worlds=["even", "heavy"], looked=lambda: seen.update(["log"]))
    assert seen["log"] == 8


def test_the_table_has_a_row_for_each_and_marks_what_does_not_hold(found: list[Coverage]) -> None:
    wrong = msgspec.structs.replace(found[0], promise="95", covered=0.5)
    drawn = table([*found[1:], wrong])
    assert drawn.row_count == len(found)
    assert "does not hold" in list(drawn.columns[-1].cells)[-1]


def test_what_is_stored_was_measured_often_enough_and_holds_in_every_cell() -> None:
    assert min(one.logs for one in STORED) >= 1_000
    assert all(one.holds for one in STORED)
    assert all(one.covered >= coverage.LEVEL for one in STORED if one.promise == "at least 95")
    assert {one.method for one in STORED} == {one.method for one in measured(2, worlds=["even"])}


def test_the_page_shows_what_is_stored() -> None:
    text = make_intervals.PAGE.read_text()
    assert make_intervals.page(text) == text


@pytest.mark.parametrize("name", WORLDS)
def test_a_worlds_truth_is_what_its_logs_tell_on_average(name: str) -> None:
    world = WORLDS[name]
    values = np.array([ips(drawn.rounds).value for drawn in world.logs(300, 1)])
    assert values.mean() == pytest.approx(world.truth, abs=4 * values.std() / np.sqrt(300))
    assert world.logged.min() > 0.0
    assert np.allclose(world.logged.sum(axis=1), 1.0)
    assert np.allclose(world.target.sum(axis=1), 1.0)
