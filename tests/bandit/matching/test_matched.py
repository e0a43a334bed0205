"""What matches a user, and what never does."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from bandit.matching.matched import MATCHED, matched
from bandit.matching.tables import NO_TABLES, Deeds, Described, Tables, tables, widened

names = st.sampled_from([f"p{i}" for i in range(12)])
lists = st.lists(names, max_size=8, unique=True)
NOW = 1_000_000.0


def described(*categories: str, stock: bool = True) -> Described:
    m = len(categories)
    ids = [f"p{i}" for i in range(m)]
    return Described(ids, categories, [()] * m, np.arange(m) * 1.0, np.full(m, stock))


@given(lists, lists, st.dictionaries(names, lists.map(tuple)), lists, st.integers(1, MATCHED))
def test_nothing_bought_and_nothing_twice(looked_at, bought, related, sought, most) -> None:
    found = matched(
        looked_at, bought, [], lambda product: related.get(product, ()), Tables({}, {"": tuple(sought)}, {}), most=most
    )
    assert len(found) == len(set(found)) <= most
    assert not set(found) & set(bought)


@given(lists, st.integers(1, 4))
def test_a_user_of_whom_nothing_is_known_gets_what_is_sought(sought, most) -> None:
    found = matched([], [], [], lambda product: (), Tables({}, {"": tuple(sought)}, {}), most=most)
    assert found == tuple(sought[:most])


def test_what_was_looked_at_last_counts_most() -> None:
    related = {"old": ("a",), "new": ("b",)}
    assert matched(["new", "old"], [], [], related.__getitem__, NO_TABLES)[:2] == ("b", "a")


def test_what_is_liked_comes_before_what_is_sought_everywhere() -> None:
    known = Tables({}, {"shoes": ("boot",), "": ("pan",)}, {"shoes": ("sandal",)})
    assert matched([], [], ["Shoes > Trail"], lambda product: (), known) == ("boot", "sandal", "pan")


def test_a_purchase_says_more_than_a_view_and_yesterday_more_than_last_month() -> None:
    deeds = Deeds(["a", "b", "c"], ["p0", "p1", "p2"], ["view", "purchase", "purchase"], np.array([NOW, NOW, 0.0]))
    assert tables(deeds, described("x", "x", "x"), NOW).trending[""] == ("p1", "p0", "p2")


def test_what_is_out_of_stock_is_in_no_list() -> None:
    deeds = Deeds(["a"], ["p0"], ["view"], np.array([NOW]))
    found = tables(deeds, described("x", stock=False), NOW)
    assert (found.trending, found.new) == ({}, {})


def test_the_newest_come_first_in_every_category_they_are_in() -> None:
    found = tables(Deeds([], [], [], np.zeros(0)), described("Shoes > Trail", "Shoes"), NOW)
    assert found.new == {"shoes > trail": ("p0",), "shoes": ("p1", "p0"), "": ("p1", "p0")}


def test_deeds_with_products_that_the_feed_has_no_more_say_nothing() -> None:
    deeds = Deeds(["a", "a"], ["p0", "gone"], ["view", "view"], np.array([NOW, NOW]))
    assert tables(deeds, described("x"), NOW).related == {}


@given(st.text(max_size=40))
def test_a_category_widens_to_all_of_the_shop(category) -> None:
    assert widened(category)[-1] == ""
    assert len(set(widened(category))) == len(widened(category)) <= 4
