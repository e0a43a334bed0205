"""What every interval keeps to, whatever its method."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bandit.errors import BadInput
from bandit.estimators.terms import Terms
from bandit.intervals.betting import betting
from bandit.intervals.bootstrap import bootstrap
from bandit.intervals.clopper_pearson import of_clicks
from bandit.intervals.empirical_bernstein import empirical_bernstein
from bandit.intervals.empirical_likelihood import empirical_likelihood
from bandit.intervals.hoeffding import hoeffding
from bandit.intervals.interval import Interval
from bandit.intervals.normal import normal
from bandit.intervals.sequence import sequence
from tests.bandit.intervals.logs import a_mean, a_ratio, both
from tests.entries import laws

Method = Callable[..., Interval]

ANY: dict[str, Method] = {"normal": normal, "bootstrap": bootstrap, "sequence": sequence}
BOUNDED: dict[str, Method] = {
    "hoeffding": partial(hoeffding, bounds=(0.0, 1.0)),
    "empirical_bernstein": partial(empirical_bernstein, bounds=(0.0, 1.0)),
    "betting": partial(betting, bounds=(0.0, 1.0)),
}
OF_MEANS = ANY | BOUNDED
OF_RATIOS = ANY | {"empirical_likelihood": partial(empirical_likelihood, most=4.0)}

means, ratios = pytest.mark.parametrize("name", OF_MEANS), pytest.mark.parametrize("name", OF_RATIOS)


def clicks(seed: int) -> Terms:
    return Terms((np.random.default_rng(seed).random(50) < 0.2).astype(float))


@means
def test_an_interval_of_a_mean_holds_the_estimate_and_names_itself(name: str) -> None:
    terms = a_mean(1)
    found = OF_MEANS[name](terms)
    assert found.low < found.value < found.high
    assert (found.value, found.level, found.method) == (terms.value, 0.95, name)


@ratios
def test_an_interval_of_a_ratio_holds_the_estimate(name: str) -> None:
    terms = a_ratio(1)
    found = OF_RATIOS[name](terms)
    assert found.low < found.value < found.high
    assert found.value == terms.value


@pytest.mark.parametrize("name", ANY)
def test_an_interval_of_a_mean_and_a_ratio_holds_the_estimate(name: str) -> None:
    terms = both(1)
    found = ANY[name](terms)
    assert found.low < found.value < found.high
    assert found.value == terms.value


@means
def test_a_higher_level_is_no_narrower(name: str) -> None:
    half, most = (OF_MEANS[name](a_mean(2), level=level) for level in (0.5, 0.99))
    assert most.low <= half.low
    assert half.high <= most.high


@means
def test_more_rounds_of_the_kind_make_it_narrower(name: str) -> None:
    few, many = (OF_MEANS[name](a_mean(3, n)) for n in (100, 10_000))
    assert many.high - many.low < 0.5 * (few.high - few.low)


@laws(30)
@given(st.integers(0, 1_000), st.floats(0.1, 10.0), st.floats(-5.0, 5.0))
def test_it_moves_with_the_unit_and_zero_of_reward(seed: int, unit: float, zero: float) -> None:
    terms = a_mean(seed, 50)
    moved = Terms(zero + unit * terms.plain)
    for method in ANY.values():
        assert _moved(method(terms), unit, zero) == pytest.approx(_ends(method(moved)), abs=1e-6)
    for method in (hoeffding, empirical_bernstein, betting):
        inside, beyond = method(terms, bounds=(0.0, 1.0)), method(moved, bounds=(zero - 1e-12, zero + unit + 1e-12))
        assert _moved(inside, unit, zero) == pytest.approx(_ends(beyond), abs=1e-6)


@laws(30)
@given(st.integers(0, 1_000))
def test_a_ratio_does_not_depend_on_the_unit_of_weight(seed: int) -> None:
    terms = a_ratio(seed, 50)
    assert terms.weighted is not None
    assert terms.weight is not None
    doubled = terms._replace(weighted=2.0 * terms.weighted, weight=2.0 * terms.weight)
    for method in ANY.values():
        assert _ends(method(terms)) == pytest.approx(_ends(method(doubled)))


@laws(30)
@given(st.integers(0, 1_000))
def test_bounded_intervals_stay_within_the_bounds(seed: int) -> None:
    for method in BOUNDED.values():
        found = method(a_mean(seed, 3))
        assert 0.0 <= found.low <= found.value <= found.high <= 1.0


@means
@pytest.mark.parametrize("level", [0.0, 1.0, -0.1, 95.0, math.nan])
def test_a_level_that_is_no_share_is_refused(name: str, level: float) -> None:
    with pytest.raises(BadInput, match="level"):
        OF_MEANS[name](a_mean(1), level=level)


@means
def test_fewer_than_two_rounds_are_refused(name: str) -> None:
    for n in (0, 1):
        with pytest.raises(BadInput, match="two rounds"):
            OF_MEANS[name](Terms(np.zeros(n)))


@means
@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_a_term_that_is_no_number_is_refused_by_row(name: str, bad: float) -> None:
    terms = a_mean(1)
    terms.plain[17] = bad
    with pytest.raises(BadInput) as refused:
        OF_MEANS[name](terms)
    assert refused.value.pointer == "#/rows/17/plain"


@pytest.mark.parametrize("name", BOUNDED)
def test_a_term_beyond_its_bounds_is_refused_by_row(name: str) -> None:
    terms = a_mean(1)
    terms.plain[17] = 1.5
    with pytest.raises(BadInput) as refused:
        BOUNDED[name](terms)
    assert refused.value.pointer == "#/rows/17"


@pytest.mark.parametrize("bounds", [(1.0, 0.0), (0.0, 0.0), (0.0, math.inf), (math.nan, 1.0)])
def test_bounds_that_are_none_are_refused(bounds: tuple[float, float]) -> None:
    with pytest.raises(BadInput, match="bounds"):
        hoeffding(a_mean(1), bounds=bounds)


@pytest.mark.parametrize("name", BOUNDED)
def test_a_ratio_has_no_bounds_and_is_refused(name: str) -> None:
    with pytest.raises(BadInput, match="ratio"):
        BOUNDED[name](a_ratio(1))


@pytest.mark.parametrize("name", ANY)
def test_weights_that_sum_to_nothing_are_refused(name: str) -> None:
    with pytest.raises(BadInput, match="not defined"):
        ANY[name](Terms(np.zeros(3), np.zeros(3), np.zeros(3)))


@pytest.mark.parametrize("name", ANY)
def test_columns_of_unequal_length_are_refused(name: str) -> None:
    with pytest.raises(BadInput, match="rounds"):
        ANY[name](Terms(np.zeros(3), np.ones(2), np.ones(3)))


@pytest.mark.parametrize("name", ANY)
def test_rounds_that_all_say_the_same_leave_no_doubt(name: str) -> None:
    found = ANY[name](Terms(np.full(10, 0.5)))
    assert found.low == found.value == found.high == 0.5


def test_counts_give_clopper_and_pearsons_interval_through_terms() -> None:
    terms = clicks(1)
    assert of_clicks(terms).value == terms.value
    with pytest.raises(BadInput, match="0 or 1"):
        of_clicks(a_mean(1))


def _ends(found: Interval) -> tuple[float, float, float]:
    return found.low, found.value, found.high


def _moved(found: Interval, unit: float, zero: float) -> tuple[float, ...]:
    return tuple(zero + unit * end for end in _ends(found))
