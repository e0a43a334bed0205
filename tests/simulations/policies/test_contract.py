"""The contract of every policy."""

from __future__ import annotations

import numpy as np
import pytest

from simulations.contenders import POLICIES, contender
from simulations.environments.base import Round
from simulations.environments.shop import Shop
from simulations.policies.base import ChoosingPolicy
from simulations.runner import play

ROUNDS = 60


@pytest.fixture(params=POLICIES)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def policy(name: str, seed: int = 3) -> ChoosingPolicy:
    return contender(name, seed, Shop(seed).catalog())


def visits() -> list[Round]:
    return [Shop(3).round(t) for t in range(ROUNDS)]


def test_a_choice_is_a_candidate_with_a_probability(name: str) -> None:
    chooser = policy(name)
    for visit in visits():
        choice = chooser.choose(visit)
        assert 0 <= choice.chosen < len(visit.candidates)
        assert choice.propensity is None or 0.0 < choice.propensity <= 1.0


def test_the_same_seed_earns_the_same(name: str) -> None:
    first, second = (play(Shop(3), policy(name), ROUNDS)[0] for _ in range(2))
    assert np.array_equal(first, second)


def test_two_seeds_choose_differently(name: str) -> None:
    one, other = policy(name, 3), policy(name, 4)
    assert any(one.choose(visit).chosen != other.choose(visit).chosen for visit in visits())


def test_choices_do_not_depend_on_rewards_that_are_still_to_come(name: str) -> None:
    taught, waiting = policy(name), policy(name)
    first, second, *_ = visits()
    choice = taught.choose(first)
    assert waiting.choose(first) == choice
    assert taught.choose(second) == waiting.choose(second)


def test_rewards_may_come_late(name: str) -> None:
    earned, _ = play(Shop(3), policy(name), ROUNDS, delay=20)
    assert earned.shape == (ROUNDS,)
    assert np.all((earned > 0.0) & (earned <= 0.6))
