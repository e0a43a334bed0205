"""One contract for every kind of exploration, and stock Vowpal Wabbit as the oracle for each."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bandit.config import Exploration, Learning, gamma
from bandit.exploration import choose as spreads
from bandit.exploration.choose import probabilities
from bandit.scoring import scores, stack, terms
from tests.bandit.stock_vw import explorer, predicted
from tests.bandit.worlds import vector

KINDS = sorted(spreads.KINDS)
EXTREME = [
    [1e30, -1e30],
    [0.0] * 7,
    [3.0],
    [1e30] * 3 + [-1e30],
    [np.inf, 0.0],
    [-np.inf, np.inf, np.nan],
    [np.nan] * 2,
    [3.4e38, -3.4e38],
]
COSTS = st.lists(st.floats(-1e6, 1e6, width=32), min_size=1, max_size=60)
kinds = pytest.mark.parametrize("kind", KINDS)


def _floor(exploration: Exploration, k: int) -> np.float32:
    return np.float32(min(exploration.min_probability, 0.5 / k))


@kinds
@given(costs=COSTS, least=st.floats(0.0, 0.5), learned=st.integers(0, 10**9))
@settings(max_examples=60)
def test_probabilities_sum_to_one_and_keep_the_floor(kind, costs, least, learned):
    exploration = Exploration(kind=kind, min_probability=least)
    p = probabilities(np.array(costs, np.float32), exploration, learned)
    assert p.dtype == np.float32
    assert abs(p.astype(np.float64).sum() - 1.0) <= 1e-6
    assert p.min() >= _floor(exploration, len(costs))


@kinds
@pytest.mark.parametrize("costs", EXTREME, ids=str)
@pytest.mark.parametrize("least", [0.0, 0.01, 0.5])
def test_extreme_scores_give_finite_probabilities(kind, costs, least):
    exploration = Exploration(kind=kind, min_probability=least, softmax_lambda=1e6, gamma_scale=1e9)
    p = probabilities(np.array(costs, np.float32), exploration, 10**9)
    assert np.isfinite(p).all()
    assert p.min() >= 0.0
    assert abs(p.astype(np.float64).sum() - 1.0) <= 1e-6


@kinds
@given(seed=st.integers(0, 2**32 - 1), k=st.integers(1, 40))
@settings(max_examples=40)
def test_probabilities_follow_the_score_and_not_the_place(kind, seed, k):
    rng = np.random.default_rng(seed)
    costs = rng.permutation(np.linspace(-1.0, 1.0, k)).astype(np.float32)
    order = rng.permutation(k)
    moved = probabilities(costs[order], Exploration(kind=kind), 100)
    assert moved == pytest.approx(probabilities(costs, Exploration(kind=kind), 100)[order], abs=1e-7)


@kinds
def test_a_lower_cost_never_gets_a_lower_probability(kind):
    costs = np.sort(np.random.default_rng(1).normal(size=30)).astype(np.float32)
    assert (np.diff(probabilities(costs, Exploration(kind=kind), 100)) <= 0).all()


@kinds
def test_one_candidate_is_certain_and_none_gives_none(kind):
    assert probabilities(np.array([0.3], np.float32), Exploration(kind=kind), 5).tolist() == [1.0]
    assert probabilities(np.zeros(0, np.float32), Exploration(kind=kind), 5).size == 0


@kinds
def test_every_kind_is_described_in_a_file_of_its_own(kind):
    assert spreads.KINDS[kind].spread.__module__ == f"bandit.exploration.{kind}"


STOCK = [
    (Exploration(kind="epsilon_greedy", epsilon=0.2, min_probability=0.0), 0, ["--epsilon", "0.2"]),
    (Exploration(kind="greedy", min_probability=0.0), 0, ["--epsilon", "0.0"]),
    (Exploration(kind="uniform", min_probability=0.0), 0, ["--epsilon", "1.0"]),
    (
        Exploration(kind="softmax", softmax_lambda=3.0, min_probability=0.0),
        0,
        ["--softmax", "--lambda", "3.0"],
    ),
    (
        Exploration(kind="squarecb", gamma_scale=10.0, gamma_exponent=0.5, min_probability=0.0),
        400,
        ["--squarecb", "--gamma_scale", "200.0", "--gamma_exponent", "0"],
    ),
]


@pytest.mark.parametrize(("exploration", "learned", "options"), STOCK, ids=lambda value: getattr(value, "kind", ""))
@pytest.mark.parametrize("seed", range(10))
def test_stock_vw_with_the_same_weights_gives_the_same_probabilities(exploration, learned, options, seed):
    rng = np.random.default_rng(seed)
    weights = rng.normal(scale=0.1, size=2**14).astype(np.float32)
    ads, places, shared = ([vector(rng) for _ in range(n)] for n in (6, 3, 2))
    template, placement = np.repeat(np.arange(6, dtype=np.int32), 3), np.tile(np.arange(3, dtype=np.int32), 6)
    learning = Learning(bits=14)
    costs = scores(weights, terms(learning), *shared, stack(ads), stack(places), template, placement)
    stock = explorer(options, learning, weights)
    expected = predicted(stock, shared, [(ads[t], places[p]) for t, p in zip(template, placement, strict=True)])
    assert probabilities(costs, exploration, learned) == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize(("exploration", "learned", "options"), STOCK, ids=lambda value: getattr(value, "kind", ""))
def test_a_fresh_model_shares_ties_as_stock_vw_does(exploration, learned, options):
    rng = np.random.default_rng(0)
    shared, actions = [vector(rng), vector(rng)], [(vector(rng), vector(rng)) for _ in range(5)]
    stock = explorer(options, Learning(bits=12), np.zeros(2**12, np.float32))
    ours = probabilities(np.zeros(5, np.float32), exploration, learned)
    assert ours == pytest.approx(predicted(stock, shared, actions), abs=1e-6)


def test_gamma_grows_with_what_was_learned_and_stands_still_at_exponent_zero():
    growing, still = (
        Exploration(gamma_scale=10.0, gamma_exponent=0.5),
        Exploration(gamma_scale=10.0, gamma_exponent=0.0),
    )
    assert [gamma(growing, n) for n in (0, 1, 100)] == [10.0, 10.0, 100.0]
    assert [gamma(still, n) for n in (0, 100)] == [10.0, 10.0]
