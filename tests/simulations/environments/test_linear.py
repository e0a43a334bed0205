"""What is promised of the linear worlds; what holds for every world is in test_contract.py."""

from __future__ import annotations

import numpy as np

from simulations.environments.linear import BLOCK, Linear


def world(seed: int = 3) -> Linear:
    return Linear(seed, arms=6, features=4)


def test_a_round_does_not_depend_on_which_were_asked_for_before() -> None:
    forth, back = world(), world()
    ahead = {t: forth.round(t) for t in (0, BLOCK - 1, BLOCK, 9 * BLOCK + 5)}
    for t in reversed(ahead):
        visit = back.round(t)
        assert visit.request == ahead[t].request
        assert np.array_equal(visit.click_probability, ahead[t].click_probability)
        assert np.array_equal(visit.draws, ahead[t].draws)


def test_the_numbers_are_those_of_the_request() -> None:
    visit = world().round(7)
    assert visit.numbers is not None
    assert list(visit.request["context"].values()) == visit.numbers.tolist()
    assert np.abs(visit.numbers).max() <= 1.0


def test_chances_are_linear_in_the_numbers_and_within_bounds() -> None:
    visits = [world().round(t) for t in range(400)]
    numbers = np.array([visit.numbers for visit in visits])
    chances = np.array([visit.click_probability for visit in visits])
    inputs = np.column_stack([np.ones(len(numbers)), numbers])
    _, residual, rank, _ = np.linalg.lstsq(inputs, chances, rcond=None)
    assert rank == 5
    assert residual.max() < 1e-20
    assert 0.0 <= chances.min() <= chances.max() <= 1.0


def test_another_seed_is_another_world() -> None:
    best = [np.mean([Linear(seed, arms=6, features=4).round(t).click_probability for t in range(50)], axis=0)
            for seed in (1, 2)]  # fmt: skip
    assert not np.allclose(*best, atol=0.01)
