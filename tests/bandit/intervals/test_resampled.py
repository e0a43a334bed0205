"""Samples of a log: what they hold, and that the bootstrap's t is told of each as it should be."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
import pytest
from scipy import stats

from bandit.arrays import Doubles
from bandit.errors import BadInput
from bandit.estimators.terms import Terms
from bandit.intervals.bootstrap import bootstrap
from bandit.intervals.interval import Interval
from bandit.intervals.linear import by_unit
from bandit.intervals.normal import normal, standard_error
from bandit.intervals.resampled import resampled
from bandit.kernels.resampling import BLOCK, poisson_sums
from tests.bandit.intervals.logs import a_mean, a_ratio, both

SEED = np.uint64(3)
Method = Callable[..., Interval]


def counts(n: int, samples: int) -> Doubles:
    """[n, samples] how often each round is in each sample."""
    return poisson_sums(np.eye(n), samples, SEED)


def test_a_round_is_taken_a_poisson_number_of_times() -> None:
    drawn = counts(300, 2_000).astype(int).ravel()
    seen = np.bincount(np.minimum(drawn, 5), minlength=6)
    expected = np.append(stats.poisson.pmf(np.arange(5), 1), stats.poisson.sf(4, 1)) * drawn.size
    assert stats.chisquare(seen, expected).pvalue > 0.001


def test_rounds_and_samples_are_taken_independently() -> None:
    drawn = counts(2 * BLOCK, 500) - 1.0
    n, samples = drawn.shape
    for together, others in ((drawn @ drawn.T / samples, n), (drawn.T @ drawn / n, samples)):
        apart = together[~np.eye(others, dtype=bool)]
        assert abs(apart.mean()) < 1e-3
        assert apart.std() == pytest.approx((drawn.size / others) ** -0.5, rel=0.05)


def test_more_samples_begin_with_the_fewer() -> None:
    rows = a_mean(1).plain[None]
    assert np.array_equal(poisson_sums(rows, 10, SEED), poisson_sums(rows, 1_000, SEED)[:, :10])


def test_later_rounds_do_not_change_what_a_sample_took_before() -> None:
    rows = a_mean(1, 1_000).plain[None]
    shorter = np.where(np.arange(1_000) < 300, rows, 0.0)
    assert np.allclose(poisson_sums(shorter, 10, SEED), poisson_sums(rows[:, :300].copy(), 10, SEED))


def test_a_seed_gives_the_same_interval_and_another_seed_another() -> None:
    first, again, other = (bootstrap(a_mean(1), seed=seed) for seed in (5, 5, 6))
    assert first == again
    assert first != other


@pytest.mark.parametrize("terms", [a_mean(2, 40), a_ratio(2, 40), both(2, 40)])
def test_value_and_error_are_those_of_the_sample_written_out(terms: Terms) -> None:
    found = resampled(terms, samples=8, seed=int(SEED))
    for j, taken in enumerate(counts(40, 8).astype(int).T):
        sample = Terms(*(None if part is None else np.repeat(part, taken) for part in terms))
        error, n = standard_error(sample)
        assert found.value[j] == pytest.approx(sample.value)
        assert found.error[j] == pytest.approx(error * np.sqrt((n - 1) / n))


@pytest.mark.parametrize("terms", [a_mean(2, 60), both(2, 60)])
def test_users_are_taken_whole(terms: Terms) -> None:
    user = np.random.default_rng(0).integers(0, 20, 60)
    found = resampled(terms, samples=8, seed=int(SEED), user=user)
    users, of = np.unique(user, return_inverse=True)
    for j, taken in enumerate(counts(len(users), 8).astype(int).T):
        rounds = np.repeat(np.arange(60), taken[of])
        sample = Terms(*(None if part is None else part[rounds] for part in terms))
        assert found.value[j] == pytest.approx(sample.value)


def test_the_spread_of_samples_is_that_of_scipys() -> None:
    terms = a_mean(3, 300)
    theirs = stats.bootstrap((terms.plain,), np.mean, n_resamples=4_000, random_state=np.random.default_rng(0))
    assert resampled(terms, samples=4_000).value.std() == pytest.approx(theirs.standard_error, rel=0.05)


def test_the_ends_are_those_of_scipys_bca_where_nothing_is_uneven() -> None:
    terms = Terms(np.random.default_rng(1).normal(size=500))
    theirs = stats.bootstrap((terms.plain,), np.mean, n_resamples=4_000, random_state=np.random.default_rng(0))
    ours = bootstrap(terms, samples=4_000)
    width = ours.high - ours.low
    assert (ours.low, ours.high) == pytest.approx(tuple(theirs.confidence_interval), abs=0.03 * width)


def test_it_leans_as_the_rewards_lean() -> None:
    found = bootstrap(Terms(np.r_[np.full(10, 10.0), np.zeros(200)]))
    assert found.high - found.value > 1.3 * (found.value - found.low)


def test_two_clicks_give_an_interval_that_holds_more_than_their_rate() -> None:
    found = bootstrap(Terms(np.r_[np.ones(2), np.zeros(98)]))
    assert found.low <= 0.004
    assert 0.05 < found.high < 0.2


def test_samples_of_one_seed_hold_the_same_rounds_whatever_the_terms() -> None:
    rounds, sums = a_mean(4), both(4)
    of_ratio = resampled(a_ratio(4), samples=50).value
    assert np.allclose(resampled(rounds, samples=50).value + of_ratio, resampled(sums, samples=50).value)


@pytest.mark.parametrize("method", [normal, bootstrap])
def test_users_whose_clicks_hang_together_are_covered_in_95_of_100_logs_as_units_alone(method: Method) -> None:
    covered = {"user": 0, "round": 0}
    for seed in range(200):
        chance = np.random.default_rng(seed)
        user = np.repeat(np.arange(100), 1 + chance.geometric(0.2, 100))
        terms = Terms((chance.random(len(user)) < chance.beta(1.0, 1.5, 100)[user]).astype(float))
        for unit, of in (("user", user), ("round", None)):
            found = method(terms, user=of)
            covered[unit] += found.low <= 0.4 <= found.high
    assert 0.91 <= covered["user"] / 200 <= 0.985
    assert covered["round"] / 200 < 0.85


@pytest.mark.parametrize("wrong", [{"samples": 0}, {"samples": -5}, {"seed": -1}, {"seed": 2**63}])
def test_samples_and_seeds_out_of_bounds_are_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(BadInput):
        bootstrap(a_mean(1), **wrong)  # type: ignore[arg-type]


def test_a_sample_that_never_holds_a_weight_is_refused_or_left_out() -> None:
    rare = np.zeros(50)
    rare[7] = 1.0
    found = bootstrap(Terms(np.zeros(50), rare, rare))
    assert (found.low, found.value, found.high) == (1.0, 1.0, 1.0)


def test_units_are_numbered_by_who_they_are() -> None:
    assert by_unit(np.array([1.0, 2.0, 4.0]), np.array([7, 3, 7])).tolist() == [2.0, 5.0]


def test_a_thousand_samples_of_a_hundred_thousand_rounds_take_a_fraction_of_a_second() -> None:
    terms = Terms(np.random.default_rng(0).normal(size=100_000))
    bootstrap(terms, samples=4)  # what a first call sorts out
    begun = time.process_time()
    bootstrap(terms)
    assert time.process_time() - begun < 0.5  # 0.06 s where nothing else runs
