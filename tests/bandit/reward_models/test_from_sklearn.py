"""Anybody's estimator on our rounds."""

import numpy as np
import pytest
from sklearn.linear_model import Ridge as Dense

from bandit.errors import BadInput
from bandit.reward_models import from_sklearn as module
from bandit.reward_models.base import fit
from bandit.reward_models.from_sklearn import FromSklearn
from bandit.reward_models.ridge import Ridge
from tests.bandit.reward_models.logs import design, log


def test_ridge_by_name_is_ridge():
    logged = log(150)
    named = fit(FromSklearn("sklearn.linear_model:Ridge", {"alpha": 2.0}), logged).predict(logged)
    np.testing.assert_allclose(named, fit(Ridge(strength=2.0), logged).predict(logged), atol=1e-10)


def test_weights_reach_the_estimator():
    logged = log(150)
    weight = np.arange(logged.n, dtype=float)
    named = fit(FromSklearn("sklearn.linear_model:Ridge"), logged, weight).predict(logged)
    dense = Dense().fit(design(logged, logged.chosen, slopes=False), logged.reward, sample_weight=weight)
    np.testing.assert_allclose(named, dense.predict(design(logged, np.arange(len(named)), slopes=False)), atol=1e-10)


def test_a_classifier_predicts_the_mean_of_its_classes():
    logged = log(150)
    model = fit(FromSklearn("sklearn.linear_model:LogisticRegression"), logged)
    table = design(logged, np.arange(len(logged.action)), slopes=False)
    np.testing.assert_allclose(model.predict(logged), model.estimator.predict_proba(table)[:, 1], atol=1e-12)


def test_many_candidates_are_asked_about_in_portions(monkeypatch):
    logged = log(150)
    model = fit(FromSklearn("sklearn.tree:DecisionTreeRegressor"), logged)
    whole = model.predict(logged)
    monkeypatch.setattr(module, "ASKED", 100)
    np.testing.assert_array_equal(model.predict(logged), whole)


def test_an_estimator_that_draws_is_given_the_seed():
    made = [FromSklearn("sklearn.tree:DecisionTreeRegressor", seed=3).made() for _ in range(2)]
    assert [one.random_state for one in made] == [3, 3]


@pytest.mark.parametrize(
    ("name", "parameters", "told"),
    [
        ("sklearn.linear_model:Rigde", {}, "is no class"),
        ("sklearn.nowhere:Ridge", {}, "no module"),
        ("Ridge", {}, "no module"),
        ("", {}, "is no class"),
        ("sklearn.linear_model:Ridge", {"gamma": 1}, "gamma"),
    ],
)
def test_what_is_not_there_is_refused_by_name(name, parameters, told):
    with pytest.raises(BadInput, match=told):
        FromSklearn(name, parameters).gather(2, 1, 1)


def test_weights_that_an_estimator_cannot_take_are_refused():
    logged = log(20)
    with pytest.raises(BadInput, match="sample_weight"):
        fit(FromSklearn("sklearn.neighbors:KNeighborsRegressor"), logged, np.arange(logged.n, dtype=float))


def test_too_many_actions_for_columns_are_refused():
    with pytest.raises(BadInput, match="columns"):
        FromSklearn("sklearn.linear_model:Ridge").gather(100_000, 0, 5)
