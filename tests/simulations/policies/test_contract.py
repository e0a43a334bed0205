"""The contract of every policy."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from simulations.contenders import POLICIES, contender
from simulations.environments.base import Round
from simulations.environments.linear import Linear
from simulations.environments.shop import Shop
from simulations.policies.base import Choice, ChoosingPolicy, prepare
from simulations.running.runner import play

ROUNDS = 60
CERTAIN = {"fixed", "best-fixed", "oracle"}  # leave nothing to chance


@pytest.fixture(params=POLICIES)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def policy(name: str, seed: int = 3) -> ChoosingPolicy:
    made = contender(name, seed, Shop(seed).catalog())
    prepare(made, Shop(3), ROUNDS)
    return made


@cache
def visits() -> list[Round]:
    return [Shop(3).round(t) for t in range(ROUNDS)]


def chosen(policy: ChoosingPolicy, visit: Round) -> Choice:
    choice = policy.choose(visit)
    assert choice is not None
    return choice


def test_a_choice_is_a_candidate_with_a_probability(name: str) -> None:
    chooser = policy(name)
    for visit in visits():
        choice = chosen(chooser, visit)
        assert 0 <= choice.chosen < len(visit.candidates)
        assert choice.propensity is None or 0.0 < choice.propensity <= 1.0


def test_the_same_seed_earns_the_same(name: str) -> None:
    first, second = (play(Shop(3), policy(name), ROUNDS).earned for _ in range(2))
    assert np.array_equal(first, second)


def test_two_seeds_choose_differently_where_anything_is_left_to_chance(name: str) -> None:
    one, other = policy(name, 3), policy(name, 4)
    differ = any(chosen(one, visit).chosen != chosen(other, visit).chosen for visit in visits())
    assert differ == (name not in CERTAIN)


def test_choices_do_not_depend_on_rewards_that_are_still_to_come(name: str) -> None:
    taught, waiting = policy(name), policy(name)
    first, second, *_ = visits()
    choice = chosen(taught, first)
    assert waiting.choose(first) == choice
    assert taught.choose(second) == waiting.choose(second)


def test_rewards_may_come_late(name: str) -> None:
    earned = play(Shop(3), policy(name), ROUNDS, delay=20).earned
    assert earned.shape == (ROUNDS,)
    assert np.all((earned > 0.0) & (earned <= 0.6))


def test_a_world_of_numbers_alone_will_do(name: str) -> None:
    world = Linear(1, arms=20, features=20)  # more than a policy makes room for at first
    chooser = contender(name, 1, world.catalog())
    prepare(chooser, world, ROUNDS)
    assert play(world, chooser, ROUNDS).earned.min() > 0.0
