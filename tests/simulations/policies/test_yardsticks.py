"""What each yardstick is known to do."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from simulations import wheels
from simulations.contenders import contender, world
from simulations.environments.shop import Shop
from simulations.policies.columns import Columns
from simulations.policies.ridge import Ridge
from simulations.runner import play


def earned(name: str, place: str, rounds: int, seed: int = 1) -> float:
    environment = world(place, seed, wheels.default_cache())
    return float(play(environment, contender(name, seed, environment.catalog()), rounds)[0].mean())


@pytest.mark.parametrize("name", ["linucb-0.2", "lints-0.2", "engine"])
def test_a_learner_beats_an_even_draw_on_wine(name: str) -> None:
    pytest.importorskip("sklearn")
    assert earned(name, "wine", 178) > earned("uniform", "wine", 178) + 0.1


def test_thompson_beats_an_even_draw_in_the_shop() -> None:
    assert earned("thompson", "shop", 4_000) > earned("uniform", "shop", 4_000) + 0.003


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
