"""The contract of every world that a name stands for."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import msgspec
import numpy as np
import pytest

from bandit.catalog import Catalog, checked
from bandit.config import Policy
from bandit.shelf import eligible, lay_out
from simulations.environments.base import Environment, Round
from simulations.policies.base import Choice
from simulations.policies.uniform import Uniform
from simulations.running import scale
from simulations.running.runner import play
from simulations.sources import wheels
from simulations.worlds import WORLDS, world

ROUNDS = 120
NAMES = [name for name in WORLDS if WORLDS[name].rows is None] + ["wine", "linear-3x2"]


class Best(Uniform):
    """Whoever earns most."""

    def choose(self, visit: Round) -> Choice:
        return Choice(int(visit.value.argmax()), 1.0)


@pytest.fixture(params=NAMES)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def made(name: str, seed: int = 3) -> Environment:
    """The world; skipped where its data cannot be had."""
    try:
        return world(name, seed, wheels.default_cache())
    except wheels.Unavailable as fault:
        pytest.skip(str(fault))


def told(visit: Round) -> tuple[object, ...]:
    """All of a round, as values that compare."""
    return tuple(
        value.tolist() if isinstance(value, np.ndarray) else value
        for value in (getattr(visit, field) for field in Round.__struct_fields__)
    )


def test_a_round_is_the_same_whatever_was_asked_before(name: str) -> None:
    straight, back = made(name), made(name)
    later = [told(back.round(t)) for t in (5_000, 31, 30, 3, 0)]
    assert [told(straight.round(t)) for t in (0, 3, 30, 31, 5_000)] == later[::-1]


def test_a_round_is_the_same_in_several_threads_at_once(name: str) -> None:
    shared, alone = made(name), made(name)
    rounds = range(3_990, 4_010)
    with ThreadPoolExecutor(4) as pool:
        assert [told(visit) for visit in pool.map(shared.round, rounds)] == [told(alone.round(t)) for t in rounds]


def test_two_seeds_are_two_worlds(name: str) -> None:
    one, other = made(name, 3), made(name, 4)
    assert [told(one.round(t)) for t in range(8)] != [told(other.round(t)) for t in range(8)]


def test_every_candidate_has_a_chance_and_a_worth(name: str) -> None:
    environment = made(name)
    for visit in (environment.round(t) for t in range(ROUNDS)):
        assert len(visit.candidates) == len(visit.click_probability) == len(visit.value) > 0
        assert np.all((visit.click_probability >= 0.0) & (visit.click_probability <= 1.0))
        assert visit.uniform <= visit.oracle


def test_the_engine_finds_the_same_candidates(name: str) -> None:
    environment = made(name)
    catalog = checked(msgspec.convert(environment.catalog(), Catalog))
    shelf = lay_out(catalog, Policy(id="demo"))
    for visit in (environment.round(t) for t in range(0, 4_000, 500)):
        asked = visit.request
        positions, _ = eligible(shelf, 0.0, asked.get("templates"), asked.get("placements"))
        pairs = [(shelf.templates[shelf.template[i]].id, shelf.placements[shelf.placement[i]].id) for i in positions]
        assert sorted(pairs) == sorted(visit.candidates)


def test_on_the_scale_the_best_has_regret_0_and_an_even_draw_1(name: str) -> None:
    best = play(made(name), Best(3), ROUNDS)
    sums = best.earned.sum(), best.oracle.sum(), best.uniform.sum()
    assert scale.regret(*sums) == 0.0
    assert scale.regret(sums[2], *sums[1:]) == 1.0


def test_drawing_evenly_has_a_regret_around_1(name: str) -> None:
    drawn = play(made(name), Uniform(3), 600)
    wide = 4.0 * (drawn.earned - drawn.uniform).std() * 600**0.5 / (drawn.oracle - drawn.uniform).sum()
    assert scale.regret(drawn.earned.sum(), drawn.oracle.sum(), drawn.uniform.sum()) == pytest.approx(1.0, abs=wide)
