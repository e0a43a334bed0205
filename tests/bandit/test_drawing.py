"""A draw follows the logged probabilities exactly, on a page of several slots too."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chisquare

from bandit.config import Exploration
from bandit.draws import uniform
from bandit.exploration.choose import SPREADS, probabilities
from bandit.kernels.drawing import draw, page

MASSES = st.lists(st.sampled_from([0.0, 0.0, 1e-30, 1e-7, 0.1, 1.0]), min_size=1, max_size=30).filter(any)
ALMOST_ONE = 1.0 - 2.0**-53


def _frequencies(p: np.ndarray, n: int) -> np.ndarray:
    drawn = [draw(p, uniform(i.to_bytes(16, "little"), 0, 7)) for i in range(n)]
    return np.bincount(drawn, minlength=p.size)


@pytest.mark.parametrize("kind", sorted(SPREADS))
def test_200_000_draws_have_the_logged_frequencies(kind):
    costs = np.random.default_rng(5).normal(size=12).astype(np.float32)
    p = probabilities(costs, Exploration(kind=kind, softmax_lambda=1.0), 25)
    assert (
        chisquare(_frequencies(p, 200_000), p.astype(np.float64) / p.astype(np.float64).sum() * 200_000).pvalue > 1e-4
    )


@given(masses=MASSES, u=st.floats(0.0, ALMOST_ONE) | st.just(ALMOST_ONE))
@settings(max_examples=300, deadline=None)
def test_what_has_probability_zero_is_never_drawn(masses, u):
    p = np.array(masses, np.float32) / np.float32(sum(masses))
    assert p[draw(p, u)] > 0.0


@given(masses=MASSES, u=st.floats(0.0, ALMOST_ONE))
@settings(max_examples=300, deadline=None)
def test_a_draw_is_the_inverse_of_the_cumulated_probabilities(masses, u):
    p = np.array(masses, np.float32)
    cumulated = np.cumsum(p.astype(np.float64))
    assert draw(p, u) == np.flatnonzero((cumulated > u * cumulated[-1]) & (p > 0))[0]


def test_no_probability_at_all_draws_nothing():
    assert draw(np.zeros(3, np.float32), 0.5) == -1
    assert page(np.zeros(3, np.float32), *np.zeros((2, 3), np.int32), np.zeros(2)) == []


def _candidates(templates: int, placements: int) -> tuple[np.ndarray, np.ndarray]:
    template, placement = np.divmod(np.arange(templates * placements, dtype=np.int32), np.int32(placements))
    return template.astype(np.int32), placement.astype(np.int32)


@given(seed=st.integers(0, 2**32 - 1), count=st.integers(1, 8))
@settings(max_examples=100, deadline=None)
def test_a_page_uses_each_template_and_each_placement_once_and_logs_conditional_probabilities(seed, count):
    rng = np.random.default_rng(seed)
    template, placement = _candidates(5, 4)
    p = rng.dirichlet(np.ones(20)).astype(np.float32)
    slots = page(p, template, placement, rng.random(count))
    used = [slot.positions[slot.chosen] for slot in slots]
    assert len(slots) == min(count, 4)
    assert len(set(template[used])) == len(set(placement[used])) == len(slots)
    for slot in slots:
        given_left = p[slot.positions].astype(np.float64)
        assert slot.probabilities == pytest.approx(given_left / given_left.sum(), abs=1e-6)
        assert abs(slot.probabilities.astype(np.float64).sum() - 1.0) <= 1e-6


def test_the_second_slot_has_the_frequencies_it_logs():
    template, placement = _candidates(3, 3)
    p = np.random.default_rng(2).dirichlet(np.ones(9)).astype(np.float32)
    pages = [page(p, template, placement, np.array([0.4, uniform(i.to_bytes(16, "big"), 1, 0)])) for i in range(20_000)]
    second = pages[0][1].probabilities
    drawn = np.bincount([slots[1].chosen for slots in pages], minlength=second.size)
    assert chisquare(drawn, second.astype(np.float64) / second.astype(np.float64).sum() * 20_000).pvalue > 1e-4


def test_the_first_slot_draws_with_the_very_probabilities_given():
    p = np.array([0.25, 0.75], np.float32)
    assert page(p, *_candidates(2, 1), np.array([0.3]))[0].probabilities is p


def test_when_all_that_is_left_had_probability_zero_the_slot_is_drawn_evenly():
    slots = page(np.array([1, 0, 0], np.float32), *(np.arange(3, dtype=np.int32),) * 2, np.array([0.5, 0.9]))
    assert [slot.chosen for slot in slots] == [0, 1]
    assert slots[1].probabilities.tolist() == [0.5, 0.5]
