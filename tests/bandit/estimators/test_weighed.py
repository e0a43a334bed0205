"""Weighed rounds are checked and put together."""

from dataclasses import replace

import numpy as np
import pytest

from bandit.errors import BadInput
from bandit.estimators.weighed import Weighed, checked, concatenated

HALF = np.full(3, 0.5)
GOOD = Weighed(HALF, HALF, HALF, HALF, HALF, HALF, HALF)


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("propensity", 0.0),
        ("propensity", np.nan),
        ("target", -0.1),
        ("target", 1.1),
        ("target", np.nan),
        ("reward", np.inf),
        ("predicted", np.nan),
        ("expected", np.inf),
        ("unsupported", 2.0),
        ("squared", np.nan),
    ],
)
def test_the_first_wrong_row_is_named(column: str, value: float) -> None:
    with pytest.raises(BadInput) as refused:
        checked(replace(GOOD, **{column: np.array([0.5, value, value])}))
    assert refused.value.pointer == f"#/rows/1/{column}"


def test_sound_rounds_are_given_back() -> None:
    assert checked(GOOD) is GOOD


def test_rounds_that_differ_in_length_or_are_none_are_refused() -> None:
    with pytest.raises(BadInput, match=r"^#/rows/2/target"):
        checked(replace(GOOD, target=HALF[:2]))
    with pytest.raises(BadInput, match="no rounds"):
        checked(Weighed(HALF[:0], HALF[:0], HALF[:0]))


def test_half_a_reward_model_is_refused() -> None:
    with pytest.raises(BadInput, match="together"):
        checked(replace(GOOD, expected=None))


def test_parts_are_joined_in_order() -> None:
    joined = concatenated([GOOD, replace(GOOD, reward=np.ones(3))])
    assert joined.reward.tolist() == [0.5] * 3 + [1.0] * 3
    assert joined.squared is not None
    assert joined.n == 6


def test_parts_with_different_columns_are_refused() -> None:
    with pytest.raises(BadInput, match=r"^#/unsupported: part 1 has no column"):
        concatenated([GOOD, replace(GOOD, unsupported=None)])
    with pytest.raises(BadInput, match="no rounds"):
        concatenated([])
