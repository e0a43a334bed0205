"""Probabilities of slots whatever stands before, against going through every page by hand."""

import itertools

import numpy as np
import pytest

from bandit.errors import BadInput
from bandit.estimators.slates import placed as module
from bandit.estimators.slates.placed import afresh, clashes, placed, renormalised

P = np.array([0.4, 0.25, 0.2, 0.1, 0.05])
TEMPLATE, PLACEMENT = np.array([0, 0, 1, 1, 2]), np.array([0, 1, 0, 1, 2])


def _by_hand(p, clash, slots):
    table = np.zeros((slots, len(p)))

    def go(left, place, mass):
        if place == slots or not left.any():
            return
        for c in np.flatnonzero(left):
            here = mass * p[c] / p[left].sum()
            table[place, c] += here
            go(left & ~clash[c], place + 1, here)

    go(np.ones(len(p), bool), 0, 1.0)
    return table


@pytest.mark.parametrize("clash", [np.eye(5, dtype=bool), clashes(TEMPLATE, PLACEMENT)], ids=["list", "page"])
@pytest.mark.parametrize("slots", [1, 2, 3, 5])
def test_it_is_the_sum_over_all_pages(clash, slots):
    np.testing.assert_allclose(placed(renormalised(P), clash, slots), _by_hand(P, clash, slots), atol=1e-12)


@pytest.mark.parametrize("slots", [2, 3])
def test_where_there_are_too_many_pages_drawn_ones_come_close(monkeypatch, slots):
    clash = clashes(TEMPLATE, PLACEMENT)
    monkeypatch.setattr(module, "MOST", 1)
    drawn = placed(renormalised(P), clash, slots, draws=20_000, seed=1)
    exact = _by_hand(P, clash, slots)
    np.testing.assert_array_equal(drawn[0], P)
    assert np.abs(drawn - exact).max() < 4 * 0.5 / np.sqrt(20_000)
    np.testing.assert_allclose(drawn.sum(axis=1), exact.sum(axis=1), atol=0.02)


def test_drawn_ones_are_the_same_for_the_same_seed():
    p = np.full(60, 1 / 60)
    once, twice, other = (placed(renormalised(p), np.eye(60, dtype=bool), 5, draws=64, seed=seed) for seed in (3, 3, 4))
    np.testing.assert_array_equal(once, twice)
    assert np.any(once != other)


def test_a_policy_that_explores_anew_is_asked_about_what_is_left():
    greedy = afresh(lambda left: (left == left.min()).astype(float))
    np.testing.assert_array_equal(placed(greedy, np.eye(3, dtype=bool), 3), np.eye(3))


def test_evenly_drawn_pages_have_every_ad_alike_in_every_slot():
    table = placed(renormalised(np.ones(6)), np.eye(6, dtype=bool), 4)
    np.testing.assert_allclose(table, 1 / 6, atol=1e-12)


def test_a_page_ends_when_nothing_is_left():
    table = placed(renormalised(np.ones(2)), np.ones((2, 2), bool), 2)
    assert table.tolist() == [[0.5, 0.5], [0.0, 0.0]]


def test_the_chance_that_an_ad_is_on_the_page_is_the_sum_over_its_slots():
    on_page = placed(renormalised(P), np.eye(5, dtype=bool), 3).sum(axis=0)
    pages = [
        (page, np.prod([P[c] / (1 - P[list(page[:i])].sum()) for i, c in enumerate(page)]))
        for page in itertools.permutations(range(5), 3)
    ]
    np.testing.assert_allclose(on_page, [sum(mass for page, mass in pages if c in page) for c in range(5)], atol=1e-12)


def test_what_does_not_clash_with_itself_is_refused():
    with pytest.raises(BadInput, match="#/clash"):
        placed(renormalised(P), np.zeros((5, 5), bool), 2)


def test_no_slots_are_refused():
    with pytest.raises(BadInput, match="#/slots"):
        placed(renormalised(P), np.eye(5, dtype=bool), 0)
