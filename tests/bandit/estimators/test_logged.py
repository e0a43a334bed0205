"""A log that cannot be believed is refused with row and column."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from bandit.errors import BadInput
from bandit.estimators.logged import Logged, checked


def spoiled(column: np.ndarray, at: Any, value: float) -> np.ndarray:
    found = column.copy()
    found[at] = value
    return found


def test_a_sound_log_is_given_back(log: Callable[..., Logged]) -> None:
    assert checked(log(1)) is not None
    assert checked(replace(log(1), served=None)).served is None


@pytest.mark.parametrize("value", [0.0, -0.1, 1.1, np.nan, np.inf])
def test_a_propensity_that_is_no_probability_above_0_is_refused(log: Callable[..., Logged], value: float) -> None:
    bad = replace(log(1), propensity=spoiled(log(1).propensity, 17, value))
    with pytest.raises(BadInput, match=r"^#/rows/17/propensity: propensity is"):
        checked(bad)


@pytest.mark.parametrize(
    ("column", "at", "value", "pointer"),
    [
        ("reward", 3, np.nan, "#/rows/3/reward"),
        ("reward", 3, -np.inf, "#/rows/3/reward"),
        ("chosen", 4, 0, "#/rows/4/chosen"),
        ("chosen", 199, 10_000, "#/rows/199/chosen"),
        ("action", 0, 6, "#/rows/0/action"),
        ("action", 0, -1, "#/rows/0/action"),
        ("served", 0, np.nan, "#/rows/0/served"),
        ("served", 0, 1.5, "#/rows/0/served"),
        ("slot", 9, -1, "#/rows/9/slot"),
        ("decision", 5, 0, "#/rows/5/decision"),
        ("shared", (7, 1), np.nan, "#/rows/7/shared/1"),
        ("start", 0, 1, "#/start"),
    ],
)
def test_the_first_wrong_row_is_named(
    log: Callable[..., Logged], column: str, at: Any, value: float, pointer: str
) -> None:
    good = log(1)
    with pytest.raises(BadInput) as refused:
        checked(replace(good, **{column: spoiled(getattr(good, column), at, value)}))
    assert refused.value.pointer == pointer


def test_served_probabilities_that_do_not_sum_to_one_are_refused(log: Callable[..., Logged]) -> None:
    good = log(1)
    other = int(good.start[2] + (good.chosen[2] == good.start[2]))
    with pytest.raises(BadInput, match=r"^#/rows/2/served: served sums to 0.*; 1 is wanted"):
        checked(replace(good, served=spoiled(good.served, other, 0.0)))


def test_a_propensity_that_contradicts_what_was_served_is_refused(log: Callable[..., Logged]) -> None:
    good = log(1)
    with pytest.raises(BadInput, match=r"^#/rows/8/propensity: .*but the choice was served with"):
        checked(replace(good, propensity=spoiled(good.propensity, 8, good.propensity[8] / 2)))


def test_columns_of_different_lengths_are_refused(log: Callable[..., Logged]) -> None:
    with pytest.raises(BadInput, match=r"^#/rows/199/propensity: propensity has 199 rows; 200 are wanted"):
        checked(replace(log(1), propensity=log(1).propensity[:-1]))


def test_a_round_without_candidates_is_refused(log: Callable[..., Logged]) -> None:
    with pytest.raises(BadInput, match=r"^#/rows/1/candidates"):
        checked(replace(log(1), start=spoiled(log(1).start, 1, log(1).start[2])))


def test_an_empty_log_is_refused() -> None:
    none, indices = np.zeros(0), np.zeros(0, np.int64)
    empty = Logged(np.zeros(1, np.int64), indices, 3, none, indices, none, none, indices, indices, np.zeros((0, 2)))
    with pytest.raises(BadInput, match=r"^#/rows: there are no rounds"):
        checked(empty)


def test_rows_are_counted_from_the_start_of_the_log_not_of_the_batch(log: Callable[..., Logged]) -> None:
    with pytest.raises(BadInput, match=r"^#/rows/1003/reward"):
        checked(replace(log(1), reward=spoiled(log(1).reward, 3, np.nan)), first=1_000)
