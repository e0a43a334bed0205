"""Neighbours against an oracle that counts for itself."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bandit.errors import BadInput
from bandit.matching.neighbours import by_users, by_words

pairs = st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7)), min_size=1, max_size=40)


@given(pairs)
def test_neighbours_share_a_user_and_all_that_do_are_there(seen) -> None:
    users, products = np.array(seen, np.int64).T
    near = by_users(users, products, np.ones(len(users)), k=8)
    for product, others in enumerate(near.tolist()):
        mine = set(users[products == product])
        sharing = {other for other in set(products) if other != product and mine & set(users[products == other])}
        assert {other for other in others if other >= 0} <= sharing


@given(pairs, st.randoms(use_true_random=False))
def test_the_order_of_rows_says_nothing(seen, chance) -> None:
    shuffled = chance.sample(seen, len(seen))
    found = [by_users(*np.array(rows, np.int64).T, np.ones(len(rows)), k=3) for rows in (seen, shuffled)]
    assert [sorted(row) for row in found[0].tolist()] == [sorted(row) for row in found[1].tolist()]


def test_who_shares_more_users_is_nearer() -> None:
    users = np.array([0, 0, 1, 1, 2, 2, 3, 3, 4, 5, 6], np.int64)
    products = np.array([0, 1, 0, 1, 0, 1, 0, 2, 3, 4, 5], np.int64)
    assert by_users(users, products, np.ones(11), k=2)[0].tolist() == [1, 2]


def test_products_of_the_same_words_are_alike_and_common_words_say_nothing() -> None:
    words = np.array([0, 1, 0, 1, 0, 2, 0, 3], np.int64)
    products = np.array([0, 0, 1, 1, 2, 2, 3, 3], np.int64)
    assert by_words(words, products, k=1, most=3)[:2].tolist() == [[1], [0]]
    assert by_words(words, products, k=1, most=3)[2:].max(initial=-1) == -1


@pytest.mark.parametrize(
    ("users", "products", "weights", "field"),
    [
        ([0, 1], [0], [1.0, 1.0], "users"),
        ([-1], [0], [1.0], "users"),
        ([0], [2**31], [1.0], "products"),
        ([0], [0], [0.0], "weights"),
        ([0], [0], [float("nan")], "weights"),
        ([0], [0], [float("inf")], "weights"),
    ],
)
def test_what_is_out_of_bounds_is_refused_by_field(users, products, weights, field) -> None:
    with pytest.raises(BadInput, match=field):
        by_users(np.array(users, np.int64), np.array(products, np.int64), np.array(weights))


def test_of_nothing_there_is_nothing() -> None:
    assert by_users(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0)).shape == (0, 20)
