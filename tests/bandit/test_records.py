"""A decision's candidates are packed small and come back as they were."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bandit.errors import Damaged
from bandit.records import Round, packed, unpacked

POSITIONS = st.lists(st.integers(0, 300) | st.integers(0, 2**32 - 1), max_size=40)


@given(POSITIONS)
def test_positions_come_back_in_whatever_order_they_were(positions):
    given_ = np.array(positions, np.uint32)
    assert unpacked(packed(given_), len(given_)).tolist() == positions


@given(st.lists(st.integers(0, 255), min_size=1, max_size=40))
def test_candidates_that_stand_close_take_one_byte_each_at_most(steps):
    assert len(packed(np.cumsum(steps).astype(np.uint32))) <= len(steps)


@given(st.integers(0, 255), st.integers(0, 255), st.integers(3, 5_000))
def test_candidates_that_stand_evenly_take_two_bytes(first, step, k):
    positions = first + step * np.arange(k, dtype=np.uint32)
    stored = packed(positions)
    assert len(stored) == 2
    assert unpacked(stored, k).tolist() == positions.tolist()


@pytest.mark.parametrize("stored", [b"", b"\0", b"\0" * 3, b"\0" * 5, b"\0" * 16])
def test_fewer_or_more_candidates_than_probabilities_are_damage(stored):
    with pytest.raises(Damaged, match="are not 2 candidates"):
        Round(stored, bytes(8), 0).positions()


def test_the_propensity_is_that_of_the_choice():
    assert Round(bytes(2), np.array([0.25, 0.75], "<f4").tobytes(), 1).propensity == 0.75
