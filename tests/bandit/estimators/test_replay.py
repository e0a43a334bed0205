"""Rounds that show what a policy would have shown are a fair sample of it."""

from dataclasses import replace

import numpy as np
import pytest

from bandit.errors import BadInput
from bandit.estimators.logged import Logged, checked
from bandit.estimators.replay import Replayed, joined, largest_ratio, rejection, replay, replay_learning
from tests.bandit.reward_models.logs import log, parts, truth


def _even(decisions, seed=0):
    """A log that drew evenly, with clicks at the true rates."""
    logged = log(decisions, seed)
    length = np.diff(logged.start)
    generator = np.random.default_rng([9, seed])
    chosen = logged.start[:-1] + generator.integers(0, length)
    clicks = (generator.random(logged.n) < truth(logged)[chosen]).astype(float)
    even = {"served": 1 / np.repeat(length, length), "propensity": 1 / length}
    return checked(replace(logged, chosen=chosen, reward=clicks, **even))


def _two_ads(shown, reward, propensity=0.5, served=None):
    n = len(shown)
    start = np.arange(0, 2 * n + 1, 2)
    return Logged(
        start, np.tile([0, 1], n), 2, served, start[:-1] + shown, np.full(n, propensity), np.array(reward, float),
        np.zeros(n, int), np.arange(n), np.zeros((n, 0)),
    )  # fmt: skip


def _best(logged):
    """Candidate with the highest action of each round."""
    return np.array([begin + logged.action[begin:end].argmax() for begin, end in _rounds(logged)])


def _rounds(logged):
    return zip(logged.start[:-1], logged.start[1:], strict=True)


class AlwaysFirst:
    """Keeps what it is told."""

    def __init__(self):
        self.told = []

    def choose(self, offer):
        return 0

    def learn(self, offer, chosen, reward):
        self.told.append((offer.action[chosen], offer.slot, reward))


class MostClicked:
    """A policy that learns: the action with the most clicks a showing, new ones first."""

    def __init__(self):
        self.clicks, self.shown = np.ones(7), np.ones(7)

    def choose(self, offer):
        return int(np.argmax((self.clicks / self.shown)[offer.action]))

    def learn(self, offer, chosen, reward):
        self.shown[offer.action[chosen]] += 1
        self.clicks[offer.action[chosen]] += reward


def test_six_rounds_by_hand():
    logged = _two_ads([0, 1, 0, 1, 1, 0], [1, 0, 0, 1, 1, 1])
    found = replay(logged, logged.start[:-1] + np.array([0, 0, 0, 1, 0, 0]))
    assert (found.matches, found.terms.value, found.kept.tolist()) == (4, 0.75, [0, 2, 3, 5])
    assert (found.match_rate, found.expected_rate) == (4 / 6, 0.5)


def test_of_eighty_even_candidates_one_in_eighty_rounds_matches():
    start = np.arange(0, 161, 80)
    logged = Logged(
        start, np.tile(np.arange(80), 2), 80, None, start[:-1], np.full(2, 1 / 80), np.ones(2), np.zeros(2, int),
        np.arange(2), np.zeros((2, 0)),
    )  # fmt: skip
    assert replay(logged, start[:-1]).expected_rate == pytest.approx(0.0125)


def test_the_mean_of_what_matches_is_the_policys():
    logged = _even(20_000)
    choice = _best(logged)
    found = replay(logged, choice)
    assert abs(found.terms.value - truth(logged)[choice].mean()) < 4 * 0.5 / np.sqrt(found.matches)
    assert abs(found.matches - found.expected) < 4 * np.sqrt(found.expected)


def test_rounds_of_few_candidates_match_more_often_and_count_less():
    start = np.array([0, 2, 5])
    logged = Logged(
        start, np.arange(5), 5, None, start[:-1], np.array([1 / 2, 1 / 3]), np.array([1.0, 0.0]), np.zeros(2, int),
        np.arange(2), np.zeros((2, 0)),
    )  # fmt: skip
    assert replay(logged, start[:-1]).terms.value == pytest.approx(2 / 5)


def test_rounds_of_one_chance_are_counted_plainly():
    logged = _two_ads([0, 0, 1], [1, 0, 1])
    terms = replay(logged, logged.start[:-1]).terms
    assert (terms.plain.tolist(), terms.weight) == ([1.0, 0.0], None)


def test_a_policy_learns_from_matched_rounds_alone():
    logged = _even(200)
    player = AlwaysFirst()
    found = replay_learning([logged], player)
    matched = logged.chosen == logged.start[:-1]
    assert [reward for *_, reward in player.told] == logged.reward[matched].tolist()
    np.testing.assert_array_equal(found.kept, np.flatnonzero(matched))


def test_a_policy_that_never_learns_is_replayed_as_a_fixed_one():
    logged = _even(200)
    fixed, learning = replay(logged, logged.start[:-1]), replay_learning(parts(logged, 33), AlwaysFirst())
    np.testing.assert_array_equal(fixed.kept, learning.kept)
    assert (fixed.rounds, fixed.terms.value) == (learning.rounds, learning.terms.value)
    assert fixed.expected == pytest.approx(learning.expected)


def test_a_log_is_the_same_to_a_learning_policy_however_it_is_cut():
    logged = _even(500)
    whole, cut = (replay_learning(told, MostClicked()) for told in ([logged], parts(logged, 64)))
    np.testing.assert_array_equal(whole.kept, cut.kept)


def test_a_policy_that_learns_beats_chance():
    logged = _even(6_000)
    found = replay_learning([logged], MostClicked())
    late = found.reward[found.matches // 2 :]
    assert late.mean() > logged.reward.mean() + 3 * 0.5 / np.sqrt(len(late))


def test_parts_of_a_fixed_policys_replay_join():
    logged = _even(100)
    whole, cut = replay(logged, _best(logged)), []
    for part in parts(logged, 30):
        cut.append(replay(part, _best(part), first=30 * len(cut)))
    np.testing.assert_array_equal(joined(cut).kept, whole.kept)


def test_a_round_that_was_not_drawn_evenly_is_named():
    logged = _even(50)
    uneven = replace(logged, propensity=np.where(np.arange(logged.n) == 17, 0.9, logged.propensity))
    with pytest.raises(BadInput, match=r"^#/rows/17/propensity: .* replayed"):
        replay(uneven, uneven.start[:-1])
    with pytest.raises(BadInput, match=r"^#/rows/17/propensity: "):
        replay_learning(parts(uneven, 10), AlwaysFirst())


def test_a_round_whose_other_candidates_were_not_served_evenly_is_named():
    served = np.array([0.5, 0.5, 0.5, 0.25, 0.25])
    logged = Logged(
        np.array([0, 2, 5]), np.array([0, 1, 2, 0, 1]), 3, served, np.array([0, 2]), np.array([0.5, 1 / 3]),
        np.ones(2), np.zeros(2, int), np.arange(2), np.zeros((2, 0)),
    )  # fmt: skip
    with pytest.raises(BadInput, match=r"^#/rows/1/served: "):
        replay(logged, np.array([0, 2]))


def test_a_choice_that_was_no_candidate_is_named():
    logged = _two_ads([0, 0], [1, 1])
    with pytest.raises(BadInput, match=r"^#/rows/1/choice: "):
        replay(logged, np.array([0, 1]))


def test_a_players_choice_that_was_no_candidate_is_named():
    player = AlwaysFirst()
    player.choose = lambda offer: 2
    with pytest.raises(BadInput, match=r"^#/rows/0/choice: "):
        replay_learning([_two_ads([0, 0], [1, 1])], player)


def test_no_match_is_no_number():
    logged = _two_ads([0, 0], [1, 1])
    with pytest.raises(BadInput, match="none of 2 rounds"):
        _ = replay(logged, logged.start[:-1] + 1).terms


def test_no_rounds_are_refused():
    with pytest.raises(BadInput, match="#/rows"):
        replay_learning([], AlwaysFirst())


def test_the_largest_ratio_is_of_all_candidates():
    logged = _two_ads([1], [1], served=np.array([0.5, 0.5]))
    assert largest_ratio(logged, np.array([0.9, 0.1])) == pytest.approx(1.8)


@pytest.mark.parametrize(("shown", "chance"), [(0, 1.0), (1, 1 / 9)])
def test_a_round_is_kept_with_its_ratio_over_the_largest(shown, chance):
    n = 40_000
    logged = _two_ads(np.full(n, shown), np.ones(n))
    found = rejection(logged, np.tile([0.9, 0.1], n), 1.8)
    assert abs(found.match_rate - chance) <= 4 * np.sqrt(chance * (1 - chance) / n)
    assert found.expected_rate == pytest.approx(1 / 1.8)


def test_what_is_kept_by_rejection_has_the_targets_mean():
    logged = log(20_000)
    mass = 1.0 + logged.action
    target = mass / np.repeat(np.add.reduceat(mass, logged.start[:-1]), np.diff(logged.start))
    found = rejection(logged, target, largest_ratio(logged, target), seed=5)
    true = np.add.reduceat(target * truth(logged), logged.start[:-1]).mean()
    assert abs(found.terms.value - true) < 4 * found.reward.std() / np.sqrt(found.matches)
    assert abs(found.matches - found.expected) < 4 * np.sqrt(found.expected)


def test_what_is_kept_does_not_depend_on_the_size_of_a_batch():
    logged = log(300)
    ratio = largest_ratio(logged, logged.served)
    cut, row = [], 0
    for part in parts(logged, 37):
        cut.append(rejection(part, part.served, 1.5 * ratio, first=row))
        row += part.n
    np.testing.assert_array_equal(joined(cut).kept, rejection(logged, logged.served, 1.5 * ratio).kept)


def test_a_ratio_above_the_largest_is_named():
    logged = _two_ads([1, 1, 0], [1, 1, 1])
    with pytest.raises(BadInput, match=r"^#/rows/102/ratio: ratio is 1.8"):
        rejection(logged, np.tile([0.9, 0.1], 3), 1.5, first=100)


@pytest.mark.parametrize("most", [0.5, np.nan, np.inf])
def test_a_largest_ratio_that_cannot_be_is_refused(most):
    with pytest.raises(BadInput, match="#/most"):
        rejection(_two_ads([0], [1]), np.array([0.9, 0.1]), most)


def test_a_candidate_the_log_never_serves_is_named():
    logged = _two_ads([0, 0], [1, 1], propensity=1.0, served=np.array([1.0, 0.0, 1.0, 0.0]))
    with pytest.raises(BadInput, match=r"^#/rows/1/served: "):
        largest_ratio(logged, np.array([1.0, 0.0, 0.9, 0.1]))


def test_without_what_all_were_served_with_the_largest_ratio_has_to_be_stated():
    with pytest.raises(BadInput, match="state M"):
        largest_ratio(_two_ads([0], [1]), np.array([0.9, 0.1]))


def test_a_rate_is_of_the_logs_rounds():
    assert Replayed(np.array([3]), np.ones(1), np.ones(1), 8, 2.0).match_rate == 0.125
