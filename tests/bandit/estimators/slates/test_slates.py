"""Pages that cannot be believed are named by row and column."""

import numpy as np
import pytest

from bandit.errors import BadInput
from bandit.estimators.diagnostics import diagnose
from bandit.estimators.slates.cascade_dr import cascade_dr
from bandit.estimators.slates.independent import independent
from bandit.estimators.slates.position_based import examination, position_based
from bandit.estimators.slates.reward_interaction import reward_interaction
from bandit.estimators.slates.slates import Slates, slates
from bandit.estimators.slates.standard import standard
from tests.bandit.reward_models.logs import log

ONES = np.ones(5)


def _five(**changed):
    """Pages of three and of two slots."""
    columns = {
        "decision": np.array([4, 4, 4, 9, 9]),
        "slot": np.array([0, 1, 2, 0, 1]),
        "propensity": np.array([0.5, 0.5, 0.5, 0.25, 0.5]),
        "target": np.array([1.0, 0.5, 0.25, 0.5, 1.0]),
        "reward": np.array([0.0, 1.0, 2.0, 1.0, 0.0]),
    }
    return Slates(**columns | changed)


@pytest.mark.parametrize(
    ("column", "row", "wrong"),
    [
        ("decision", 3, 3),
        ("slot", 2, 3),
        ("slot", 3, 1),
        ("slot", 4, 0),
        ("propensity", 1, 0.0),
        ("propensity", 1, 1.5),
        ("propensity", 1, np.nan),
        ("target", 4, -0.1),
        ("target", 4, np.nan),
        ("reward", 2, np.inf),
    ],
)
def test_a_wrong_value_is_named_by_row_and_column(column, row, wrong):
    values = getattr(_five(), column).astype(type(wrong))
    values[row] = wrong
    with pytest.raises(BadInput, match=f"^#/rows/{row}/{column}: "):
        _five(**{column: values})


@pytest.mark.parametrize("column", ["marginal", "target_marginal", "placed", "target_placed", "predicted", "expected"])
def test_a_wrong_value_of_an_optional_column_is_named_too(column):
    values = np.ones((5, 3)) if column.endswith("placed") else np.ones(5)
    values[3] = np.nan
    with pytest.raises(BadInput, match=f"^#/rows/3/{column}: "):
        _five(**{column: values})


def test_a_column_of_another_length_is_refused():
    with pytest.raises(BadInput, match="target has 4 rows; 5 are wanted"):
        _five(target=np.ones(4))


def test_no_rows_are_refused():
    with pytest.raises(BadInput, match="#/rows"):
        Slates(*(np.zeros(0, int) for _ in range(2)), *(np.zeros(0) for _ in range(3)))


def test_weights_multiply_within_a_decision_and_not_beyond():
    np.testing.assert_allclose(_five().prefix, [2, 2, 1, 2, 4])


def test_terms_have_a_row_a_decision():
    np.testing.assert_allclose(standard(_five()).plain, [1 * 3, 4 * 1])
    np.testing.assert_allclose(reward_interaction(_five()).plain, [2 * 1 + 1 * 2, 2 * 1])


def test_a_page_is_diagnosed_as_a_round():
    pages = _five().pages
    np.testing.assert_allclose(pages.weight, _five().prefix[[2, 4]])
    assert diagnose(pages).max_weight == 4.0


def test_a_log_and_a_policy_become_pages():
    logged = log(30)
    pages = slates(logged, logged.served, np.ones(len(logged.action)))
    np.testing.assert_allclose(pages.prefix, 1, atol=1e-12)
    np.testing.assert_allclose(pages.expected, 1, atol=1e-12)
    assert standard(pages).value == pytest.approx(logged.reward.sum() / 30)


@pytest.mark.parametrize(
    ("estimator", "missing"),
    [
        (independent, "marginal"),
        (cascade_dr, "predicted"),
        (examination, "marginal"),
        (lambda pages: position_based(pages, np.ones(3)), "placed"),
    ],
)
def test_a_column_that_an_estimator_needs_is_asked_for(estimator, missing):
    with pytest.raises(BadInput, match=f"^#/{missing}: there is no"):
        estimator(_five())


def test_an_ad_that_nobody_can_have_seen_is_refused():
    placed = np.tile([0.5, 0.5, 0.0], (5, 1))
    placed[2] = [0.0, 0.0, 1.0]
    with pytest.raises(BadInput, match=r"^#/rows/2/placed: "):
        position_based(_five(placed=placed, target_placed=placed), np.array([1.0, 0.5, 0.0]))


@pytest.mark.parametrize(("looked_at", "pointer"), [([1.0, np.nan, 0.0], "#/examination/1"), ([1.0, 0.5], "#/placed")])
def test_examination_is_a_number_for_each_place(looked_at, pointer):
    placed = np.full((5, 3), 0.3)
    with pytest.raises(BadInput, match=pointer):
        position_based(_five(placed=placed, target_placed=placed), np.array(looked_at))


def test_examination_of_pages_that_differ_in_length_is_refused():
    with pytest.raises(BadInput, match="one length"):
        examination(_five(marginal=ONES))


def test_examination_against_a_first_slot_without_reward_is_refused():
    two = Slates(np.zeros(2, int), np.arange(2), *np.ones((2, 2)), np.array([0.0, 1.0]), marginal=np.ones(2))
    with pytest.raises(BadInput, match="first slot"):
        examination(two)
