"""Each kernel against the regression written out with numpy."""

from __future__ import annotations

import numpy as np
import pytest

from bandit.arrays import Doubles
from simulations.kernels import ridge

N, W, D, PENALTY = 5, 8, 6, 2.0


def tables() -> tuple[Doubles, Doubles]:
    return np.tile(np.eye(W) / PENALTY, (N, 1, 1)), np.zeros((N, W))


def learned(seed: int) -> tuple[Doubles, Doubles, Doubles, Doubles]:
    """Tables after 40 rounds, and what the regression of each row comes to: [n, d, d] moments, [n, d] sums."""
    chance = np.random.default_rng(seed)
    inverse, moment = tables()
    moments, sums = np.tile(np.eye(D) * PENALTY, (N, 1, 1)), np.zeros((N, D))
    for _ in range(40):
        row, x, reward = int(chance.integers(N)), chance.normal(size=D), float(chance.random())
        ridge.update(inverse, moment, row, x, reward)
        moments[row] += np.outer(x, x)
        sums[row] += reward * x
    return inverse, moment, moments, sums


@pytest.mark.parametrize("seed", range(5))
def test_prediction_is_that_of_the_regression(seed: int) -> None:
    inverse, moment, moments, sums = learned(seed)
    x, rows = np.random.default_rng(seed + 100).normal(size=D), np.array([3, 0, 3, 4])
    mean, error = np.empty(4), np.empty(4)
    ridge.predict(inverse, moment, rows, x, mean, error)
    inverses = np.linalg.inv(moments)
    assert mean == pytest.approx([x @ inverses[row] @ sums[row] for row in rows])
    assert error == pytest.approx([np.sqrt(x @ inverses[row] @ x) for row in rows])


@pytest.mark.parametrize("seed", range(5))
def test_choices_are_those_of_the_prediction(seed: int) -> None:
    inverse, moment, *_ = learned(seed)
    chance = np.random.default_rng(seed + 200)
    x, rows, normal = chance.normal(size=D), chance.permutation(N), chance.normal(size=N)
    mean, error, best = np.empty(N), np.empty(N), np.empty(N, np.int64)
    ridge.predict(inverse, moment, rows, x, mean, error)
    assert ridge.highest(inverse, moment, rows, x, 0.7, best) == 1
    assert best[0] == np.argmax(mean + 0.7 * error)
    assert ridge.sampled(inverse, moment, rows, x, 0.7, normal) == np.argmax(mean + 0.7 * error * normal)


def test_candidates_of_whom_nothing_is_known_tie() -> None:
    inverse, moment = tables()
    ridge.update(inverse, moment, 2, np.ones(D), 0.0)
    best = np.empty(N, np.int64)
    tied = ridge.highest(inverse, moment, np.arange(N), np.linspace(-1.0, 1.0, D) / 3.0, 0.2, best)
    assert set(best[:tied].tolist()) >= {0, 1, 3, 4}


def test_columns_not_in_use_stay_as_they_were() -> None:
    inverse, _, *_ = learned(0)
    assert np.array_equal(inverse[:, D:, D:], tables()[0][:, D:, D:])
    assert not inverse[:, :D, D:].any()
    assert np.array_equal(inverse, inverse.transpose(0, 2, 1))
