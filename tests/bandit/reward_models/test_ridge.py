"""The sparse solution is the dense one."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn.linear_model import Ridge as Dense

from bandit.errors import BadInput
from bandit.reward_models.base import fit
from bandit.reward_models.ridge import Ridge
from tests.bandit.reward_models.logs import ACTIONS, design, log


@pytest.mark.parametrize("slopes", [False, True])
@pytest.mark.parametrize("strength", [0.01, 1.0, 300.0])
@pytest.mark.parametrize("weighted", [False, True])
def test_it_predicts_what_scikit_learns_ridge_predicts(slopes, strength, weighted):
    logged = log(300)
    weight = np.random.default_rng(1).random(logged.n) * 3 * (logged.slot != 1) if weighted else None
    dense = Dense(alpha=strength).fit(design(logged, logged.chosen, slopes=slopes), logged.reward, sample_weight=weight)
    wanted = dense.predict(design(logged, np.arange(len(logged.action)), slopes=slopes))
    found = fit(Ridge(strength=strength, slopes=slopes), logged, weight).predict(logged)
    np.testing.assert_allclose(found, wanted, rtol=1e-9, atol=1e-10)


def test_features_far_apart_in_scale_are_solved_alike():
    logged = log(300)
    scaled = replace(logged, shared=logged.shared * np.array([1e-3, 1e4]))
    dense = Dense(alpha=1.0, solver="svd").fit(design(scaled, scaled.chosen, slopes=False), scaled.reward)
    wanted = dense.predict(design(scaled, scaled.chosen, slopes=False))
    np.testing.assert_allclose(fit(Ridge(), scaled).predict(scaled)[scaled.chosen], wanted, atol=1e-8)


@pytest.mark.parametrize("slopes", [False, True])
def test_features_that_say_the_same_twice_do_no_harm(slopes):
    logged = log(300)
    large = 1e5 * logged.shared
    twice = replace(logged, shared=np.hstack([large, large, np.ones((logged.n, 1))]))
    found, once = (fit(Ridge(slopes=slopes), told).predict(told) for told in (twice, replace(logged, shared=large)))
    np.testing.assert_allclose(found, once, atol=0.02)


@pytest.mark.parametrize("slopes", [False, True])
def test_features_too_large_to_be_squared_are_refused(slopes):
    logged = log(20)
    with pytest.raises(BadInput, match="#/shared"):
        fit(Ridge(slopes=slopes), replace(logged, shared=logged.shared * 1e200))


def test_a_slot_never_seen_adds_nothing():
    logged = log(100)
    model = fit(Ridge(), logged)
    nowhere = replace(logged, slot=logged.slot + 9)
    flat = replace(model, common=model.common[: 1 + logged.shared.shape[1]])
    np.testing.assert_array_equal(model.predict(nowhere), flat.predict(logged))


def test_without_features_it_is_a_model_of_slots_and_actions():
    logged = replace(log(200), shared=np.zeros((log(200).n, 0)))
    found = fit(Ridge(strength=1e-6), logged).predict(logged)[logged.chosen]
    assert abs(found.mean() - logged.reward.mean()) < 1e-9


def test_slopes_for_too_many_actions_are_refused():
    with pytest.raises(BadInput, match="too many"):
        Ridge(slopes=True).gather(100_000, 30, 5)


@pytest.mark.parametrize("strength", [0.0, -1.0, np.nan, np.inf])
def test_a_strength_that_is_no_positive_number_is_refused(strength):
    with pytest.raises(BadInput, match="#/strength"):
        Ridge(strength=strength)


def test_actions_come_from_the_log():
    assert len(fit(Ridge(), log(20)).own) == ACTIONS
