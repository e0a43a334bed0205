"""Intervals against numbers that are known exactly, and against other people's code."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy import stats
from scipy.optimize import minimize

from bandit.errors import BadInput
from bandit.estimators.terms import Terms
from bandit.intervals.betting import betting
from bandit.intervals.bootstrap import bootstrap
from bandit.intervals.clopper_pearson import clopper_pearson, of_clicks
from bandit.intervals.empirical_bernstein import empirical_bernstein
from bandit.intervals.empirical_likelihood import empirical_likelihood
from bandit.intervals.hoeffding import hoeffding
from bandit.intervals.linear import influence
from bandit.intervals.normal import normal, standard_error
from bandit.intervals.sequence import mixture, scale, sequence
from tests.bandit.intervals.logs import a_mean, a_ratio, both

HALVES = Terms(np.r_[np.ones(50), np.zeros(50)])
UNIT = (0.0, 1.0)


def test_student_is_scipys() -> None:
    terms = a_mean(1)
    expected = stats.ttest_1samp(terms.plain, 0.0).confidence_interval(0.9)
    assert normal(terms, level=0.9)[1:3] == pytest.approx(expected)


def test_the_standard_error_of_snips_is_the_canonical_logs() -> None:
    w, r = np.array([0.5, 2.0, 0.5, 3.0]), np.array([1.0, 0.0, 1.0, 0.0])
    error, _ = standard_error(Terms(np.zeros(4), w * r, w))
    exact = math.sqrt(0.25 * 25 / 36 * 2 + 4 / 36 + 9 / 36) / 6  # without Student's n / (n - 1)
    assert error * math.sqrt(3 / 4) == pytest.approx(exact)


@pytest.mark.parametrize("terms", [a_mean(4), a_ratio(4), both(4)])
def test_influence_is_the_derivative_of_the_estimate(terms: Terms) -> None:
    n, step = len(terms.plain), 1e-6
    for i in (0, 50, 150):
        share = np.full(n, 1.0)
        share[i] += step
        heavier = float((share @ terms.plain) / share.sum())
        if terms.weight is not None and terms.weighted is not None:
            heavier += float((share @ terms.weighted) / (share @ terms.weight))
        assert (heavier - terms.value) * n / step == pytest.approx(influence(terms)[i], abs=1e-3)


def test_users_as_units_are_the_same_as_their_sums() -> None:
    chance = np.random.default_rng(5)
    user = np.repeat(np.arange(40), 5)
    terms = Terms(chance.normal(size=40).repeat(5))  # rounds of a user are all alike
    assert normal(terms, user=user)[:3] == pytest.approx(normal(Terms(terms.plain[::5]))[:3])


def test_users_whose_rounds_hang_together_widen_it() -> None:
    user = np.repeat(np.arange(40), 5)
    terms = Terms(np.random.default_rng(5).normal(size=40).repeat(5))
    for method in (normal, bootstrap):
        alone, together = method(terms), method(terms, user=user)
        assert together.high - together.low > 1.8 * (alone.high - alone.low)


def test_one_user_alone_is_refused() -> None:
    for method in (normal, bootstrap):
        with pytest.raises(BadInput, match="users"):
            method(a_mean(1), user=np.zeros(200, np.int64))


def test_maurer_and_pontil() -> None:
    one_sided_at_95 = empirical_bernstein(HALVES, bounds=UNIT, level=0.9)
    assert one_sided_at_95.high - 0.5 == pytest.approx(0.22343, abs=1e-5)


def test_hoeffding() -> None:
    assert hoeffding(HALVES, bounds=UNIT).high - 0.5 == pytest.approx(0.135810, abs=1e-5)


def test_clopper_and_pearson() -> None:
    assert clopper_pearson(5, 100)[1:3] == pytest.approx((0.01643188, 0.11283491), abs=1e-7)
    assert clopper_pearson(0, 100)[1:3] == pytest.approx((0.0, 1 - 0.025 ** (1 / 100)), abs=1e-12)
    assert clopper_pearson(100, 100)[1:3] == pytest.approx((0.025 ** (1 / 100), 1.0), abs=1e-12)


@pytest.mark.parametrize(("clicks", "n"), [(1, 7), (3, 11), (40, 1_000)])
def test_clopper_and_pearson_is_scipys(clicks: int, n: int) -> None:
    expected = stats.binomtest(clicks, n).proportion_ci(0.9)
    assert clopper_pearson(clicks, n, level=0.9)[1:3] == pytest.approx(tuple(expected))


@pytest.mark.parametrize(("clicks", "n"), [(-1, 5), (6, 5), (0, 0)])
def test_counts_out_of_bounds_are_refused(clicks: int, n: int) -> None:
    with pytest.raises(BadInput):
        clopper_pearson(clicks, n)


def test_replay_counts_clicks_among_the_rounds_that_match() -> None:
    match, click = np.array([1.0, 0, 1, 0, 1, 1]), np.array([1.0, 0, 0, 0, 1, 1])
    assert of_clicks(Terms(np.zeros(6), match * click, match)) == clopper_pearson(3, 4)


def test_robbins_mixture() -> None:
    assert mixture(100, 1.0, 0.95) == pytest.approx(0.327300, abs=2e-5)


def test_a_sequence_is_narrowest_where_it_was_planned() -> None:
    best = mixture(1_000, scale(1_000, 0.95), 0.95)
    assert all(best < mixture(1_000, scale(planned, 0.95), 0.95) for planned in (500, 990, 1_010, 2_000))


def test_a_sequence_of_users_counts_users() -> None:
    user = np.repeat(np.arange(40), 5)
    terms = Terms(np.random.default_rng(5).normal(size=40).repeat(5))
    of_sums = sequence(Terms(terms.plain[::5]), planned=40)
    assert sequence(terms, planned=40, user=user)[:3] == pytest.approx(of_sums[:3])


def test_no_round_planned_is_refused() -> None:
    with pytest.raises(BadInput, match="planned"):
        sequence(HALVES, planned=0)


def test_bets_rule_out_exactly_what_lies_outside_their_interval() -> None:
    terms = a_mean(6)
    found = betting(terms, bounds=UNIT)
    wealth = [_hedged(terms.plain, mean) for mean in (found.low, found.high)]
    assert wealth == pytest.approx([20.0, 20.0], rel=1e-6)
    assert _hedged(terms.plain, found.low - 0.01) > 20.0 > _hedged(terms.plain, found.value)


def test_the_reweighting_of_empirical_likelihood_is_found_by_a_search_too() -> None:
    terms = a_ratio(7, 12)
    assert terms.weighted is not None
    assert terms.weight is not None
    found = empirical_likelihood(terms, most=4.0, rewards=(-1.0, 2.0))
    assert found.low == pytest.approx(_searched(terms.weighted, terms.weight, -1.0), abs=1e-5)
    assert found.high == pytest.approx(-_searched(-terms.weighted, terms.weight, -2.0), abs=1e-5)


@pytest.mark.parametrize(
    ("bounds", "told"),
    [
        ({"most": 1.0}, "weights"),
        ({"most": math.inf}, "weights"),
        ({"most": 2.0}, "weights reach"),
        ({"most": 4.0, "least": 1.0}, "weights"),
        ({"most": 4.0, "rewards": (0.0, 0.5)}, "reward lies outside"),
        ({"most": 4.0, "rewards": (1.0, 0.0)}, "rewards"),
    ],
)
def test_empirical_likelihood_refuses_bounds_that_do_not_hold(bounds: dict[str, float], told: str) -> None:
    with pytest.raises(BadInput, match=told):
        empirical_likelihood(a_ratio(1), **bounds)  # type: ignore[arg-type]


def test_empirical_likelihood_refuses_terms_that_are_no_weights() -> None:
    for terms in (a_mean(1), both(1)):
        with pytest.raises(BadInput, match="SNIPS"):
            empirical_likelihood(terms, most=4.0)


def _hedged(x: np.ndarray, mean: float) -> float:
    """The larger of both halves of a gambler's capital, round by round as the paper has it."""
    log, capital = math.log(2 / 0.05), [0.5, 0.5]
    total, squares, variance = 0.0, 0.0, 0.25
    for t, value in enumerate(x.tolist(), start=1):
        bet = math.sqrt(2 * log / (variance * t * math.log(t + 1)))
        capital[0] *= 1 + min(bet, 0.5 / mean) * (value - mean)
        capital[1] *= 1 - min(bet, 0.5 / (1 - mean)) * (value - mean)
        total += value
        squares += (value - (0.5 + total) / (t + 1)) ** 2
        variance = (0.25 + squares) / (t + 1)
    return max(capital)


def _searched(weighted: np.ndarray, weight: np.ndarray, reward: float) -> float:
    """The least mean of weight * reward over probabilities, by general optimisation."""
    n = len(weight)
    delta = stats.f.isf(0.05, 1, n)
    nearest = _minimised(_distance, np.append(weight, 4.0 if weight.sum() < n else 0.0))
    ends = []
    for unseen in (0.0, 4.0):
        joined = np.append(weighted, unseen * reward)
        ball = {"type": "ineq", "fun": lambda p: nearest.fun + delta - _distance(p)}
        found = _minimised(lambda p, joined=joined: float((p * joined).mean()), np.append(weight, unseen), ball)
        ends += [found.fun] if found.success else []
    return min(ends)


def _distance(p: np.ndarray) -> float:
    return float(((p - 1) ** 2).sum())


def _minimised(goal: Callable[[np.ndarray], float], w: np.ndarray, *limits: dict[str, Any]) -> Any:
    """Over shares that average 1 and under which the weights do."""
    even = {"type": "eq", "fun": lambda p: p.mean() - 1}
    fair = {"type": "eq", "fun": lambda p: (p * w).mean() - 1}
    precise = {"ftol": 1e-12, "maxiter": 500}
    return minimize(goal, np.ones(len(w)), constraints=[even, fair, *limits], options=precise)
