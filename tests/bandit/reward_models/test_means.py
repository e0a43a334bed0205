"""Means by hand."""

from dataclasses import replace

import numpy as np
import pytest

from bandit.errors import BadInput
from bandit.reward_models.base import fit
from bandit.reward_models.means import Means, shrunk, strength
from tests.bandit.reward_models.logs import ACTIONS, log

# rounds, weight, sum, sum of squares: two ads seen four times each with 3 and 1 clicks
TWO = np.array([[4.0, 4.0, 3.0, 3.0], [4.0, 4.0, 1.0, 1.0]])


def test_strength_is_the_variance_of_rewards_over_that_of_means():
    within = (4 * 3 / 16 * 2) / 6  # of single rewards, 6 degrees of freedom
    between = (4 * 0.25**2 * 2 - within) / (8 - 32 / 8)  # of means
    assert strength(TWO) == pytest.approx(within / between)


def test_a_mean_goes_with_its_weight_over_weight_and_strength():
    own = 4 / (4 + strength(TWO))
    np.testing.assert_allclose(shrunk(TWO, 0.5), [0.5 + own * 0.25, 0.5 - own * 0.25])


def test_means_that_differ_by_chance_alone_are_all_the_same():
    alike = np.array([[4.0, 4.0, 2.0, 2.0], [4.0, 4.0, 2.0, 2.0]])
    assert strength(alike) == np.inf
    assert shrunk(alike, 0.4).tolist() == [0.4, 0.4]


def test_one_ad_alone_says_nothing_of_how_ads_differ():
    assert strength(TWO[:1]) == np.inf
    assert strength(np.zeros((0, 4))) == np.inf


def test_an_ad_never_shown_in_a_slot_has_the_slots_mean():
    logged = log(400)
    chosen = logged.action[logged.chosen]
    model = fit(Means(), logged, ((chosen != 3) | (logged.slot != 1)).astype(float))
    assert model.mean[1, 3] == pytest.approx(shrunk_slots(logged, chosen)[1], rel=1e-12)


def shrunk_slots(logged, chosen):
    """By numpy alone."""
    use = (chosen != 3) | (logged.slot != 1)
    reward, slot = logged.reward[use], logged.slot[use]
    cells = [(len(r), len(r), r.sum(), (r**2).sum()) for r in (reward[slot == place] for place in range(3))]
    return shrunk(np.array(cells, float), reward.mean())


def test_a_slot_never_seen_has_the_mean_of_all():
    logged = log(200)
    model = fit(Means(), logged)
    later = replace(logged, slot=logged.slot + 9)
    np.testing.assert_allclose(model.predict(later), logged.reward.mean())


def test_each_candidate_gets_the_mean_of_its_action_and_slot():
    logged = log(100)
    model = fit(Means(), logged)
    slot = np.repeat(logged.slot, np.diff(logged.start))
    np.testing.assert_array_equal(model.predict(logged), model.mean[slot, logged.action])


def test_the_table_is_that_of_sums_made_by_numpy():
    logged = log(300)
    weight = np.random.default_rng(2).random(logged.n)
    action, overall = logged.action[logged.chosen], weight @ logged.reward / weight.sum()

    def cell(at):
        w, r = weight[at], logged.reward[at]
        return [at.sum(), w.sum(), w @ r, w @ r**2]

    slots = shrunk(np.array([cell(logged.slot == place) for place in range(3)]), overall)
    wanted = [
        shrunk(np.array([cell((logged.slot == place) & (action == a)) for a in range(ACTIONS)]), slots[place])
        for place in range(3)
    ]
    np.testing.assert_allclose(fit(Means(), logged, weight).mean[:3], wanted, rtol=1e-9)


def test_weights_count_as_rounds_do():
    logged = log(300)
    twice = replace(logged, reward=logged.reward)
    np.testing.assert_allclose(fit(Means(), logged, np.full(logged.n, 2.0)).mean, fit(Means(), twice).mean, rtol=1e-12)


def test_another_logs_actions_are_refused():
    model = fit(Means(), log(50))
    with pytest.raises(BadInput, match="actions is 8 after rounds of 7"):
        model.predict(replace(log(5), actions=ACTIONS + 1))


def test_no_weight_at_all_is_refused():
    logged = log(5)
    with pytest.raises(BadInput, match="no round of weight"):
        fit(Means(), logged, np.zeros(logged.n))
