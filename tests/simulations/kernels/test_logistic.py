"""Each kernel against the definition written out with numpy and scipy."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import optimize

from bandit.arrays import Doubles
from simulations.kernels import logistic

N, W, D = 4, 8, 5


def beliefs(seed: int) -> tuple[Doubles, Doubles, Doubles]:
    chance = np.random.default_rng(seed)
    return chance.normal(size=(N, W)), chance.uniform(0.5, 5.0, (N, W)), chance.normal(size=D)


def penalty(weights: Doubles, mean: Doubles, precision: Doubles, x: Doubles, reward: float) -> float:
    """Minus the log posterior, but for a constant."""
    score = float(weights @ x)
    return float(precision @ (weights - mean) ** 2 / 2.0 + np.logaddexp(0.0, score) - reward * score)


@pytest.mark.parametrize("reward", [0.0, 1.0, 0.3])
@pytest.mark.parametrize("seed", range(4))
def test_an_update_finds_the_mode_and_the_curvature_there(seed: int, reward: float) -> None:
    mean, precision, x = beliefs(seed)
    before = mean[1, :D].copy(), precision[1, :D].copy()
    found = optimize.minimize(penalty, before[0], (*before, x, reward), tol=1e-14, method="BFGS").x
    logistic.update(mean, precision, 1, x, reward)
    chance = 1.0 / (1.0 + np.exp(-found @ x))
    assert mean[1, :D] == pytest.approx(found, abs=1e-6)
    assert precision[1, :D] == pytest.approx(before[1] + x**2 * chance * (1.0 - chance), abs=1e-6)


def test_an_extreme_round_is_survived() -> None:
    mean, precision = np.zeros((1, 1)), np.ones((1, 1))
    for reward in (1.0, 0.0, 1.0):
        logistic.update(mean, precision, 0, np.array([1e6]), reward)
        assert np.isfinite(mean).all()
        assert precision[0, 0] >= 1.0


@pytest.mark.parametrize("seed", range(4))
def test_a_choice_is_the_highest_draw(seed: int) -> None:
    mean, precision, x = beliefs(seed)
    rows, normal = np.array([2, 0, 3]), np.random.default_rng(seed + 50).normal(size=3)
    score, variance = mean[rows, :D] @ x, (1.0 / precision[rows, :D]) @ x**2
    drawn = score + 0.5 * np.sqrt(variance) * normal
    assert logistic.sampled(mean, precision, rows, x, 0.5, normal) == np.argmax(drawn)


def test_other_candidates_and_columns_stay_as_they_were() -> None:
    mean, precision, x = beliefs(1)
    before = mean.copy()
    logistic.update(mean, precision, 2, x, 1.0)
    changed = mean != before
    assert changed[2, :D].all()
    assert changed.sum() == D
