"""What a user was shown: each ad once, oldest first, and no more than caps look back at."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from bandit.profiles.exposures import EXPOSURE, KEPT_S, MOST, ad_key, named, pruned, row, rows, with_rows
from tests.entries import laws, raw

shown = st.lists(
    st.builds(lambda time, ad: row(float(time), raw(ad), 0, "t", "c", "p"), st.integers(1, 9), st.integers(0, 9))
)


@laws(100)
@given(shown, shown)
def test_each_ad_stands_once_and_in_order_of_time(first: list[bytes], second: list[bytes]) -> None:
    found = rows(with_rows(with_rows(b"", first), second))
    kept: dict[int, float] = {}
    for one in (*first, *second):
        kept.setdefault(int(rows(one)["ad"][0]), float(rows(one)["time"][0]))
    assert dict(zip(found["ad"].tolist(), found["time"].tolist(), strict=True)) == kept
    assert (np.diff(found["time"]) >= 0).all()


@laws(100)
@given(shown, st.integers(0, 9))
def test_rows_of_before_are_left_out(some: list[bytes], since: int) -> None:
    assert (rows(with_rows(b"", some, float(since)))["time"] > since).all()


def test_a_row_says_what_it_was_given() -> None:
    [one] = rows(row(5.5, raw(7), 2, "sale", None, "hero"))
    expected = (5.5, ad_key(raw(7), 2), named("sale"), 0, named("hero"))
    assert one == np.array(expected, EXPOSURE)


def test_of_many_the_last_are_kept_and_none_from_before_the_longest_window() -> None:
    many = b"".join(row(float(i), raw(i), 0, "t", None, "p") for i in range(MOST + 5))
    assert rows(pruned(many))["time"][0] == 5.0
    late = many + row(KEPT_S + MOST, raw(9_999), 0, "t", None, "p")
    assert rows(pruned(late))["time"][0] == MOST + 1.0
    assert pruned(b"") == b""
