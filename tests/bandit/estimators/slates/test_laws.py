"""What holds of any pages."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bandit.estimators.ips import ips
from bandit.estimators.slates.cascade_dr import cascade_dr
from bandit.estimators.slates.independent import independent
from bandit.estimators.slates.position_based import position_based
from bandit.estimators.slates.reward_interaction import reward_interaction
from bandit.estimators.slates.slates import Slates
from bandit.estimators.slates.standard import standard
from bandit.estimators.weighed import Weighed
from tests.entries import laws

LOOKED_AT = np.array([1.0, 0.7, 0.2, 0.1])


@st.composite
def _pages(draw, longest=4):
    """Of any lengths, with all the columns there are."""
    length = np.array(draw(st.lists(st.integers(1, longest), min_size=1, max_size=12)))
    generator = np.random.default_rng(draw(st.integers(0, 2**32)))
    n = length.sum()
    slot = np.arange(n) - np.repeat(np.cumsum(length) - length, length)
    propensity, target, marginal, target_marginal = 0.05 + 0.9 * generator.random((4, n))
    placed, target_placed = 0.05 + 0.9 * generator.random((2, n, len(LOOKED_AT)))
    reward, predicted, expected = generator.standard_normal((3, n))
    return Slates(
        np.repeat(np.arange(len(length)) * 3 - 5, length), slot, propensity, target, reward,
        marginal, target_marginal, placed, target_placed, predicted, expected,
    )  # fmt: skip


def _changed(pages, **columns):
    return Slates(**{name: getattr(pages, name) for name in Slates.__slots__} | columns)


def _all(pages):
    return [
        estimator(pages).value
        for estimator in (standard, reward_interaction, independent, lambda p: position_based(p, LOOKED_AT))
    ]


@given(pages=_pages())
@laws(60)
def test_a_policy_is_worth_what_it_earned_when_it_was_logged(pages):
    same = _changed(pages, target=pages.propensity, target_marginal=pages.marginal, target_placed=pages.placed)
    np.testing.assert_allclose(_all(same), pages.reward.sum() / len(pages.first), atol=1e-9)


@given(pages=_pages(longest=1))
@laws(60)
def test_of_pages_with_one_slot_all_say_what_ips_says(pages):
    alone = np.array([1.0, 0.0, 0.0, 0.0])
    one = _changed(
        pages, marginal=pages.propensity, target_marginal=pages.target,
        placed=pages.propensity[:, None] * alone, target_placed=pages.target[:, None] * alone,
    )  # fmt: skip
    wanted = ips(Weighed(pages.propensity, pages.target, pages.reward)).value
    np.testing.assert_allclose(_all(one), wanted, rtol=1e-9)


@given(pages=_pages())
@laws(60)
def test_a_model_that_says_nothing_makes_cascade_dr_reward_interaction(pages):
    nothing = np.zeros(len(pages.reward))
    silent = _changed(pages, predicted=nothing, expected=nothing)
    np.testing.assert_allclose(cascade_dr(silent).plain, reward_interaction(pages).plain, atol=1e-9)


@given(pages=_pages(), factor=st.floats(0.01, 100))
@laws(60)
def test_only_ratios_of_examination_count(pages, factor):
    assert position_based(pages, factor * LOOKED_AT).value == pytest.approx(position_based(pages, LOOKED_AT).value)


@given(pages=_pages())
@laws(60)
def test_weights_of_a_page_are_products_from_its_first_slot_on(pages):
    weight = pages.target / pages.propensity
    for begin, end in zip(pages.first, pages.first + pages.length, strict=True):
        np.testing.assert_allclose(pages.prefix[begin:end], np.cumprod(weight[begin:end]))
