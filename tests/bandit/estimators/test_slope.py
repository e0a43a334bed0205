"""Tuning from the log alone."""

import numpy as np
import pytest

from bandit.errors import BadInput
from bandit.estimators.clipped import clipped
from bandit.estimators.ips import ips
from bandit.estimators.slope import least_error, slope
from bandit.estimators.terms import Terms
from bandit.estimators.weighed import Weighed

LARGEST = (1.0, 10.0, 100.0, np.inf)


def at(rounds: Weighed, value: float) -> Terms:
    return clipped(rounds, largest=value)


def one_in(rarity: int, n: int = 1_000) -> Weighed:
    """A target that always shows what was drawn once in `rarity` rounds; every reward is 1."""
    shown = np.arange(n) % rarity == 0
    return Weighed(np.where(shown, 1 / rarity, 1 - 1 / rarity), shown.astype(float), np.ones(n))


def test_where_clipping_would_cost_all_the_value_slope_does_not_clip() -> None:
    assert slope(at, one_in(50), LARGEST).value == pytest.approx(ips(one_in(50)).value)


def test_where_clipping_costs_nothing_slope_takes_the_narrower_interval() -> None:
    rng = np.random.default_rng(1)
    rounds = Weighed(np.r_[np.full(999, 0.5), 0.001], np.full(1_000, 0.5), rng.random(1_000))
    assert slope(at, rounds, LARGEST).value == pytest.approx(clipped(rounds, largest=1.0).value)


@pytest.mark.parametrize("order", [LARGEST, LARGEST[::-1]])
def test_the_order_of_values_does_not_matter(order: tuple[float, ...]) -> None:
    assert slope(at, one_in(7), order).value == slope(at, one_in(7), LARGEST).value


def test_the_least_error_is_not_where_bias_is_the_whole_value() -> None:
    rounds = one_in(50)
    assert least_error(at, ips(rounds), rounds, LARGEST, delta=None).value == pytest.approx(ips(rounds).value)


def test_nothing_to_choose_from_is_refused() -> None:
    rounds = one_in(2)
    with pytest.raises(BadInput):
        slope(at, rounds, [])
    with pytest.raises(BadInput):
        slope(at, rounds, LARGEST, delta=0.0)
    with pytest.raises(BadInput):
        least_error(at, ips(rounds), rounds, [])
