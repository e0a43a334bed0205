"""A draw follows the logged probabilities exactly."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chisquare

from bandit.config import Exploration
from bandit.draws import uniform
from bandit.exploration.choose import KINDS, probabilities
from bandit.kernels.drawing import draw

MASSES = st.lists(st.sampled_from([0.0, 0.0, 1e-30, 1e-7, 0.1, 1.0]), min_size=1, max_size=30).filter(any)
ALMOST_ONE = 1.0 - 2.0**-53


def _frequencies(p: np.ndarray, n: int) -> np.ndarray:
    drawn = [draw(p, uniform(i.to_bytes(16, "little"), 0, 7)) for i in range(n)]
    return np.bincount(drawn, minlength=p.size)


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_200_000_draws_have_the_logged_frequencies(kind):
    costs = np.random.default_rng(5).normal(size=12).astype(np.float32)
    p = probabilities(costs, Exploration(kind=kind, softmax_lambda=1.0), 25)
    expected = p.astype(np.float64) / p.astype(np.float64).sum() * 200_000
    assert chisquare(_frequencies(p, 200_000), expected).pvalue > 1e-4


@given(masses=MASSES, u=st.floats(0.0, ALMOST_ONE) | st.just(ALMOST_ONE))
@settings(max_examples=300)
def test_what_has_probability_zero_is_never_drawn(masses, u):
    p = np.array(masses, np.float32) / np.float32(sum(masses))
    assert p[draw(p, u)] > 0.0


@given(masses=MASSES, u=st.floats(0.0, ALMOST_ONE))
@settings(max_examples=300)
def test_a_draw_is_the_inverse_of_the_cumulated_probabilities(masses, u):
    p = np.array(masses, np.float32)
    cumulated = np.cumsum(p.astype(np.float64))
    assert draw(p, u) == np.flatnonzero((cumulated > u * cumulated[-1]) & (p > 0))[0]


def test_no_probability_at_all_draws_nothing():
    assert draw(np.zeros(3, np.float32), 0.5) == -1
