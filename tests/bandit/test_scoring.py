"""Scores are what Vowpal Wabbit predicts from the same weights."""

import numpy as np
import pytest
from vowpal_wabbit_next import Workspace

from bandit.config import Learning, vw_arguments
from bandit.features import EMPTY, Vector
from bandit.scoring import effective, scores, stack, terms
from tests.bandit.stock_vw import predicted
from tests.bandit.worlds import INTERACTIONS, learning, vector


def _agree(options: Learning, rng: np.random.Generator) -> None:
    """Compare on random weights, features and candidates."""
    workspace = Workspace(vw_arguments(options))
    weights = workspace.weights()[:, 0, 0]
    weights[:] = rng.normal(size=weights.size)
    ads, places, shared = ([vector(rng) for _ in range(n)] for n in (5, 3, 2))
    template, placement = (rng.integers(0, n, 9).astype(np.int32) for n in (5, 3))
    ours = scores(weights.copy(), terms(options), *shared, stack(ads), stack(places), template, placement)
    actions = [(ads[t], places[p]) for t, p in zip(template, placement, strict=True)]
    assert ours == pytest.approx(predicted(workspace, shared, actions), rel=1e-4, abs=1e-4)


@pytest.mark.parametrize("seed", range(60))
def test_scores_agree_with_vw_for_any_interactions_and_ignored_groups(seed):
    rng = np.random.default_rng(seed)
    _agree(learning(rng), rng)


@pytest.mark.parametrize("permutations", [False, True])
@pytest.mark.parametrize("interaction", INTERACTIONS)
def test_scores_agree_with_vw_for_each_interaction_by_itself(interaction, permutations):
    options = Learning(bits=12, interactions=(interaction,), permutations=permutations)
    _agree(options, np.random.default_rng(7))


@pytest.mark.parametrize("permutations", [False, True])
@pytest.mark.parametrize(
    "interactions", [["UA", "AU"], ["PCA", "CPA", "PAC"], ["AUA", "AAU"], ["UP", "PU", "UA", "UA"]]
)
def test_interactions_of_the_same_letters_count_once_as_in_vw(interactions, permutations):
    options = Learning(bits=12, interactions=tuple(interactions), permutations=permutations)
    _agree(options, np.random.default_rng(3))


def test_a_pair_keeps_its_order_and_a_repeated_letter_sorts():
    assert effective(["UA"]) == ("UA",)
    assert effective(["PA"]) == ("PA",)
    assert effective(["UCU"]) == ("CUU",)


def test_equal_candidates_get_equal_scores():
    rng = np.random.default_rng(0)
    ads, places = stack([vector(rng), vector(rng)]), stack([vector(rng)])
    template, placement = np.array([0, 1, 0], np.int32), np.zeros(3, np.int32)
    weights = rng.normal(size=2**10).astype(np.float32)
    got = scores(weights, terms(Learning()), vector(rng), vector(rng), ads, places, template, placement)
    assert got[0] == got[2] != got[1]


def test_no_features_at_all_score_the_constant():
    weights = np.zeros(2**10, np.float32)
    weights[11650396 % 2**10] = 0.5
    none, one = stack([EMPTY]), np.zeros(1, np.int32)
    for constant in (True, False):
        learned = terms(Learning(constant=constant))
        assert scores(weights, learned, EMPTY, EMPTY, none, none, one, one).tolist() == [0.5 * constant]


def test_read_only_tables_score_as_well_and_a_wrong_type_is_refused_not_compiled():
    rng = np.random.default_rng(0)
    weights, rows, one = (
        rng.normal(size=2**10).astype(np.float32),
        stack([vector(rng)]),
        np.zeros(1, np.int32),
    )
    weights.flags.writeable = False
    request = (
        terms(Learning()),
        Vector(np.ones(1, np.uint32), np.ones(1, np.float32)),
        EMPTY,
        rows,
        rows,
        one,
        one,
    )
    assert np.isfinite(scores(weights, *request)).all()
    with pytest.raises(TypeError):
        scores(weights.astype(np.float64), *request)
