"""What each yardstick is known to do."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from msgspec.structs import replace

from simulations.contenders import UnknownName, contender, world
from simulations.environments.base import Round
from simulations.environments.shop import Shop
from simulations.policies.base import Choice, ChoosingPolicy, prepare
from simulations.policies.columns import Columns
from simulations.policies.ridge import Ridge
from simulations.running.runner import play
from simulations.sources import wheels


def chosen(policy: ChoosingPolicy, visit: Round) -> Choice:
    choice = policy.choose(visit)
    assert choice is not None
    return choice


def earned(name: str, place: str, rounds: int, seed: int = 1) -> float:
    environment = world(place, seed, wheels.default_cache())
    policy = contender(name, seed, environment.catalog())
    prepare(policy, environment, rounds)
    return float(play(environment, policy, rounds).earned.mean())


@pytest.mark.parametrize("name", ["linucb-0.2", "lints-0.2", "engine"])
def test_a_learner_beats_an_even_draw_on_wine(name: str) -> None:
    pytest.importorskip("sklearn")
    assert earned(name, "wine", 178) > earned("uniform", "wine", 178) + 0.1


def test_thompson_beats_an_even_draw_in_the_shop() -> None:
    assert earned("thompson", "shop", 4_000) > earned("uniform", "shop", 4_000) + 0.003


@pytest.mark.parametrize("name", ["thompson", "epsilon-greedy", "ucb1:width=0.1", "best-fixed"])
def test_who_looks_at_nobody_still_finds_the_ad_that_most_like(name: str) -> None:
    assert earned(name, "linear-10x10", 4_000, seed=3) > earned("uniform", "linear-10x10", 4_000, seed=3) + 0.01


@pytest.mark.parametrize(
    "name", ["linucb-0.2:alpha=1,penalty=1", "lints-0.2", "logistic-thompson", "engine:learning.replay.depth=0"]
)
def test_who_looks_at_the_visitor_beats_the_best_fixed_ad(name: str) -> None:
    assert earned(name, "linear-10x10", 4_000, seed=3) > earned("best-fixed", "linear-10x10", 4_000, seed=3) + 0.02


def test_the_oracle_earns_all_there_is() -> None:
    environment = world("shop", 1, Path())
    played = play(environment, contender("oracle", 1, environment.catalog()), 200)
    assert np.array_equal(played.earned, played.oracle)


def test_the_best_fixed_ad_is_the_best_of_all_fixed_ones() -> None:
    fixed = [earned(f"fixed:template=ad-{a}", "linear-10x10", 300) for a in range(10)]
    assert earned("best-fixed", "linear-10x10", 300) == max(fixed)


def test_the_best_fixed_ad_is_unknown_before_the_rounds_are() -> None:
    with pytest.raises(RuntimeError, match="prepare"):
        contender("best-fixed", 1, Shop(1).catalog()).choose(Shop(1).round(0))


def test_a_fixed_ad_is_shown_where_it_is_eligible_else_the_first() -> None:
    visit = Shop(1).round(0)
    template, placement = visit.candidates[-1]
    named = contender(f"fixed:template={template},placement={placement}", 1, Shop(1).catalog())
    assert chosen(named, visit).chosen == len(visit.candidates) - 1
    assert chosen(contender("fixed:template=gone", 1, Shop(1).catalog()), visit).chosen == 0


def test_epsilon_greedy_names_the_probability_it_draws_with() -> None:
    policy, visit = contender("epsilon-greedy:epsilon=0.4", 1, Shop(1).catalog()), Shop(1).round(0)
    policy.choose(visit)
    policy.learn(visit, Choice(0, None), 1.0)  # now all but it are still at 1, and so is it
    policy.learn(visit, Choice(0, None), 0.0)
    k = len(visit.candidates)
    drawn = {chosen(policy, replace(visit, t=t)) for t in range(200)}
    assert {choice.propensity for choice in drawn if choice.chosen == 0} == {0.4 / k}
    assert {choice.propensity for choice in drawn if choice.chosen != 0} == {0.4 / k + 0.6 / (k - 1)}


def test_a_name_that_changes_what_there_is_not_is_refused() -> None:
    for name in ("linucb-0.2:beta=1", "ucb1:width=wide", "fixed:template", "uniform:seed=2", "nobody"):
        with pytest.raises(UnknownName):
            contender(name, 1, Shop(1).catalog())


def test_ridge_is_the_regression_computed_at_once() -> None:
    ridge, columns = Ridge(penalty=2.0), Columns(standardised=True)
    visits = [Shop(2).round(t) for t in range(40)]
    rows = []
    for visit in visits:
        ridge.predict(visit)
        ridge.update(visit, 0, float(visit.t % 3))
        rows.append((visit.candidates[0], columns.of(visit)))
    after = Shop(2).round(40)
    mean, error = ridge.predict(after)
    x = columns.of(after)
    used = [(v.t % 3, np.pad(row, (0, x.size - row.size))) for v, (pair, row) in zip(visits, rows, strict=True)
            if pair == after.candidates[0]]  # fmt: skip
    moments = 2.0 * np.eye(x.size) + sum(np.outer(row, row) for _, row in used)
    theta = np.linalg.solve(moments, sum(reward * row for reward, row in used))
    assert mean[0] == pytest.approx(float(theta @ x))
    assert error[0] == pytest.approx(float(np.sqrt(x @ np.linalg.solve(moments, x))))


def test_standardising_looks_at_no_later_round() -> None:
    visits = [Shop(2).round(t) for t in range(20)]
    short, long = Columns(standardised=True), Columns(standardised=True)
    first = [short.of(visit) for visit in visits[:10]]
    again = [long.of(visit) for visit in visits][:10]
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))


def test_the_cache_is_not_asked_for_the_shop(tmp_path: Path) -> None:
    assert world("shop-growing", 1, tmp_path / "nothing").round(0).candidates
