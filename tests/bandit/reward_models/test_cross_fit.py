"""No decision is predicted by a model that saw it, however the log is cut."""

from dataclasses import replace

import numpy as np
import pytest

from bandit.errors import BadInput
from bandit.estimators.weigh import weigh
from bandit.reward_models.base import fit
from bandit.reward_models.cross_fit import cross_fitted, folds_of
from bandit.reward_models.from_sklearn import FromSklearn
from bandit.reward_models.means import Means
from bandit.reward_models.ridge import Ridge
from tests.bandit.reward_models.logs import log, parts, truth

MODELS = [Means(), Ridge(), Ridge(slopes=True), FromSklearn("sklearn.linear_model:Ridge")]


@pytest.mark.parametrize("model", MODELS, ids=repr)
def test_a_decisions_prediction_does_not_depend_on_what_it_earned(model):
    logged = log(60)
    mine = logged.decision == 17
    other = replace(logged, reward=np.where(mine, 1e6, logged.reward))
    asked = np.repeat(mine, np.diff(logged.start))
    before, after = (cross_fitted(model, [told]).predict(logged) for told in (logged, other))
    np.testing.assert_array_equal(before[asked], after[asked])
    assert np.any(before[~asked] != after[~asked])


@pytest.mark.parametrize("model", MODELS, ids=repr)
@pytest.mark.parametrize("size", [1, 7, 64])
def test_numbers_are_the_same_to_the_last_bit_whatever_the_size_of_a_batch(model, size):
    logged = log(40)
    whole = cross_fitted(model, [logged]).predict(logged)
    cut = cross_fitted(model, parts(logged, size))
    asked = parts(logged, 5) if isinstance(model, (Means, Ridge)) else [logged]
    np.testing.assert_array_equal(np.concatenate([cut.predict(part) for part in asked]), whole)


def test_the_slots_of_a_decision_share_a_fold_and_folds_are_even():
    fold = folds_of(np.repeat(np.arange(30_000), 2), 5, seed=3)
    assert np.all(fold[::2] == fold[1::2])
    assert np.all(np.abs(np.bincount(fold[::2]) - 6_000) < 5 * np.sqrt(30_000 * 0.2 * 0.8))


def test_another_seed_makes_other_folds():
    decision = np.arange(1_000)
    assert np.mean(folds_of(decision, 5, 0) == folds_of(decision, 5, 1)) < 0.3


@pytest.mark.parametrize("model", [Ridge(slopes=True, strength=0.1), Means()], ids=repr)
def test_doubly_robust_estimates_with_it_are_unbiased(model):
    assert abs(_z_of_errors(lambda logged, seed: cross_fitted(model, parts(logged, 50), seed=seed))) < 3


def test_a_model_that_learns_by_heart_misleads_unless_it_is_cross_fitted():
    assert abs(_z_of_errors(lambda logged, seed: cross_fitted(ByHeart(), [logged], seed=seed))) < 3
    assert abs(_z_of_errors(lambda logged, seed: fit(ByHeart(), logged))) > 10


def _z_of_errors(model) -> float:
    """Of doubly robust estimates of a policy that prefers the best actions, over 60 logs, in standard errors."""
    errors = []
    for seed in range(60):
        logged = log(100, seed)
        mass = 4.0**logged.action
        target = mass / np.repeat(np.add.reduceat(mass, logged.start[:-1]), np.diff(logged.start))
        q = model(logged, seed).predict(logged)
        rounds = weigh(logged, target, q)
        found = np.mean(rounds.expected + rounds.weight * (rounds.reward - rounds.predicted))
        errors.append(found - weigh(logged, target, truth(logged)).expected.mean())
    return np.mean(errors) / np.std(errors) * np.sqrt(len(errors))


class ByHeart:
    """Whatever a decision is said to have earned in a slot, every candidate of it would have."""

    def gather(self, actions, features, folds):
        self.told = [{} for _ in range(folds)]
        return self

    def add(self, logged, fold, weight):
        for row, number in enumerate(fold):
            self.told[number][int(logged.decision[row]), int(logged.slot[row])] = logged.reward[row]

    def fitted(self, folds):
        model = ByHeart()
        model.told = [self.told[number] for number in folds]
        return model

    def predict(self, logged):
        known = {key: reward for told in self.told for key, reward in told.items()}
        usual = np.mean(list(known.values()))
        asked = zip(logged.decision.tolist(), logged.slot.tolist(), strict=True)
        return np.repeat([known.get(key, usual) for key in asked], np.diff(logged.start))


def test_weights_are_asked_of_each_part():
    logged = log(60)
    kept = logged.slot == 0
    alone = [replace(part, reward=part.reward + 9 * (part.slot > 0)) for part in parts(logged, 10)]
    weighted = cross_fitted(Means(), alone, weight=lambda part: (part.slot == 0).astype(float))
    first = np.repeat(kept, np.diff(logged.start))
    assert weighted.predict(logged)[first].max() <= 1


def test_a_wrong_weight_is_named_by_its_row_in_the_log():
    logged = log(20)
    rising = iter([np.ones(10), np.array([1.0, -1.0] + [1.0] * 8)])
    with pytest.raises(BadInput, match=r"#/rows/11/weight"):
        cross_fitted(Means(), parts(logged, 10), weight=lambda part: next(rising))


def test_a_slot_no_page_has_is_named_by_its_row_in_the_log():
    logged = log(20)
    far = replace(logged, slot=np.where(np.arange(logged.n) == 13, 2**40, logged.slot))
    with pytest.raises(BadInput, match=r"#/rows/13/slot"):
        cross_fitted(Means(), parts(far, 4))


@pytest.mark.parametrize("model", MODELS[:2], ids=repr)
def test_a_slot_no_page_has_is_refused_where_it_is_gathered(model):
    far = replace(log(2), slot=np.full(log(2).n, 2**40))
    with pytest.raises(BadInput, match=r"#/rows/0/slot"):
        model.gather(far.actions, 2, 1).add(far, np.zeros(far.n, int), np.ones(far.n))


@pytest.mark.parametrize("folds", [0, 1, 101])
def test_folds_that_leave_nothing_to_fit_from_are_refused(folds):
    with pytest.raises(BadInput, match="#/folds"):
        cross_fitted(Means(), [log(10)], folds=folds)


def test_a_single_decision_is_refused():
    with pytest.raises(BadInput, match="no round of weight"):
        cross_fitted(Means(), [log(1)])


def test_no_rounds_are_refused():
    with pytest.raises(BadInput, match="#/rows"):
        cross_fitted(Means(), [])


def test_parts_of_another_schema_are_refused():
    other = replace(log(5), shared=np.zeros((log(5).n, 3)))
    with pytest.raises(BadInput, match="#/shared"):
        cross_fitted(Ridge(), [log(10), other])
