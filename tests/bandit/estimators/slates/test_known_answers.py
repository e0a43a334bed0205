"""Expectations over all pages of a small world are the true values, wherever an estimator's assumption holds.

Pages of two slots of three ads, drawn by weights of 1, 1, 1 and, by the target policy, of 4, 2, 1.
"""

import itertools
from fractions import Fraction

import numpy as np
import pytest

from bandit.estimators.slates.cascade_dr import cascade_dr
from bandit.estimators.slates.independent import independent
from bandit.estimators.slates.placed import placed, renormalised
from bandit.estimators.slates.position_based import examination, position_based
from bandit.estimators.slates.reward_interaction import reward_interaction
from bandit.estimators.slates.slates import Slates
from bandit.estimators.slates.standard import standard

PAGES = list(itertools.permutations(range(3), 2))
LOGGING, TARGET = np.array([1.0, 1.0, 1.0]), np.array([4.0, 2.0, 1.0])
LIKED = np.array([0.4, 0.2, 0.1])
LOOKED_AT = np.array([1.0, 0.5])


def _conditional(u):
    """[6, 2] probability of each page's first, and of its second given the first."""
    return np.array([[u[i] / u.sum(), u[j] / (u.sum() - u[i])] for i, j in PAGES])


def _pages(reward, **more):
    """Every page there can be, one decision each."""
    logging, target = (_conditional(u) for u in (LOGGING, TARGET))
    both = [placed(renormalised(u), np.eye(3, dtype=bool), 2) for u in (LOGGING, TARGET)]
    item = np.array(PAGES).ravel()
    slot = np.tile([0, 1], len(PAGES))
    marginal, target_marginal = (table[slot, item] for table in both)
    return Slates(
        np.repeat(np.arange(len(PAGES)), 2), slot, logging.ravel(), target.ravel(), np.ravel(reward),
        marginal=marginal, target_marginal=target_marginal, placed=both[0][:, item].T, target_placed=both[1][:, item].T,
        **more,
    )  # fmt: skip


def _expected(terms):
    return _conditional(LOGGING).prod(axis=1) @ terms.plain


def _true(reward):
    return _conditional(TARGET).prod(axis=1) @ reward.sum(axis=1)


BY_POSITION = np.array([[LIKED[i], LIKED[j] / 2] for i, j in PAGES])
CASCADE = np.array([[LIKED[i], (1 - LIKED[i]) * LIKED[j]] for i, j in PAGES])  # a second click only without a first
BACKWARDS = CASCADE[:, ::-1]  # a slot's reward hangs on the slot after it


def test_the_true_value_is_the_one_worked_out_in_fractions():
    ads = [(4, Fraction(2, 5)), (2, Fraction(1, 5)), (1, Fraction(1, 10))]
    pages = itertools.permutations(ads, 2)
    true = sum(Fraction(x, 7) * Fraction(y, 7 - x) * (p + q / 2) for (x, p), (y, q) in pages)
    assert _true(BY_POSITION) == pytest.approx(float(true), abs=1e-12)


@pytest.mark.parametrize(
    "estimator", [standard, reward_interaction, independent, lambda pages: position_based(pages, LOOKED_AT)]
)
def test_where_slots_are_looked_at_by_position_all_are_unbiased(estimator):
    assert _expected(estimator(_pages(BY_POSITION))) == pytest.approx(_true(BY_POSITION), abs=1e-12)


@pytest.mark.parametrize("estimator", [standard, reward_interaction])
def test_in_a_cascade_weights_of_all_slots_before_are_unbiased(estimator):
    assert _expected(estimator(_pages(CASCADE))) == pytest.approx(_true(CASCADE), abs=1e-12)


def test_in_a_cascade_independent_slots_are_biased():
    assert abs(_expected(independent(_pages(CASCADE))) - _true(CASCADE)) > 1e-3


def test_where_a_slot_hangs_on_the_next_only_the_whole_page_is_unbiased():
    pages = _pages(BACKWARDS)
    assert _expected(standard(pages)) == pytest.approx(_true(BACKWARDS), abs=1e-12)
    assert abs(_expected(reward_interaction(pages)) - _true(BACKWARDS)) > 1e-3


def test_cascade_dr_is_unbiased_with_a_model_that_is_wrong():
    second = 0.1 + 0.01 * np.arange(3)
    predicted = np.array([[0.33, second[j]] for _, j in PAGES])
    after = [[TARGET[j] / (TARGET.sum() - TARGET[i]) * second[j] for j in range(3) if j != i] for i, _ in PAGES]
    expected = np.array([[0.33, sum(each)] for each in after])
    found = cascade_dr(_pages(CASCADE, predicted=predicted.ravel(), expected=expected.ravel()))
    assert _expected(found) == pytest.approx(_true(CASCADE), abs=1e-12)


def test_cascade_dr_with_the_true_model_has_no_noise_of_its_own():
    after = [
        sum(TARGET[j] / (TARGET.sum() - TARGET[i]) * (1 - LIKED[i]) * LIKED[j] for j in {0, 1, 2} - {i})
        for i, _ in PAGES
    ]
    expected = np.array([[TARGET @ LIKED / TARGET.sum(), each] for each in after])
    pages = _pages(CASCADE, predicted=CASCADE.ravel(), expected=expected.ravel())
    first = pages.prefix[0::2]
    np.testing.assert_allclose(cascade_dr(pages).plain, expected[:, 0] + first * expected[:, 1], atol=1e-12)


def test_examination_is_found_from_even_shuffles():
    np.testing.assert_allclose(examination(_pages(BY_POSITION)), LOOKED_AT, atol=1e-12)
