"""Parts of a score are all of it, each by the name of its feature."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bandit.config import Exploration, Learning
from bandit.context import hash_context
from bandit.decide import Weights
from bandit.errors import BadInput
from bandit.scoring import scores
from bandit.shelf import Shelf
from simulations.environments.shop import Shop
from simulations.report.contributions import contributions, of_candidate, of_request, parts
from simulations.report.explained import Open, explain, explain_archived
from simulations.running.runner import play
from tests.archives import written
from tests.simulations.evaluation.test_engine_targets import learning

LEARNINGS = [
    Learning(),
    Learning(interactions=("UA", "CAP", "AA"), constant=True, ignore_linear="", centre=False),
    Learning(interactions=("AU", "AAP", "CCP"), ignore_linear="", permutations=True, hash="all"),
]


def learned(learning: Learning) -> tuple[Weights, Shelf]:
    engine = Open(1, Shop(1).catalog(), Exploration(), learning)
    play(Shop(1), engine, 300)
    return engine.learned_so_far()


@pytest.mark.parametrize("learning", LEARNINGS)
def test_the_parts_of_every_candidate_add_up_to_its_score(learning: Learning) -> None:
    weights, shelf = learned(learning)
    context = Shop(1).round(500).request["context"]
    user, shared = hash_context(context, weights.centre, every=learning.every)
    costs = scores(
        weights.table, shelf.terms, user, shared, shelf.ad_rows, shelf.place_rows, shelf.template, shelf.placement
    )
    asked = list(of_request(weights, shelf, context))
    told = [sum(parts(weights.table, shelf.terms, [*asked, *of_candidate(shelf, i)]).values()) for i in range(shelf.n)]
    assert np.abs(costs).max() > 0.001
    np.testing.assert_allclose(told, -costs, rtol=1e-5, atol=1e-5 * float(np.abs(costs).max()))


def test_a_feature_that_no_weight_knows_contributes_nothing() -> None:
    weights, shelf = learned(LEARNINGS[0])
    context = {**Shop(1).round(500).request["context"], "never_seen": "before"}
    found = contributions("engine", weights, shelf, [context])
    assert {each.feature: each.size for each in found.contributions}["Context never_seen"] == 0.0


def test_what_all_candidates_share_moves_none_apart() -> None:
    weights, shelf = learned(LEARNINGS[1])
    found = contributions("engine", weights, shelf, [Shop(1).round(500).request["context"]])
    constant = next(each for each in found.contributions if each.feature == "constant")
    assert constant.size > 0.0
    assert constant.apart == pytest.approx(0.0, abs=1e-12)


def test_no_request_is_refused() -> None:
    with pytest.raises(BadInput, match="0 requests"):
        contributions("engine", *learned(LEARNINGS[0]), [])


def test_an_engine_is_explained_by_the_features_of_all_namespaces(tmp_path_factory: pytest.TempPathFactory) -> None:
    found = explain("shop", "engine", rounds=300, cache=tmp_path_factory.mktemp("cache"))
    assert found.model == "engine in shop after 300 rounds"
    assert {each.feature.split(" ")[0] for each in found.contributions} == {"User", "Context", "Ad", "Placement"}
    assert [each.size for each in found.contributions] == sorted((e.size for e in found.contributions), reverse=True)


def test_a_services_model_is_explained_from_its_archive(tmp_path: Path) -> None:
    found = explain_archived(written(tmp_path, learning(150)), "home")
    assert found.model == "model of home, 150 outcomes learned"
    assert found.requests == 100
    assert "Context hour" in {each.feature for each in found.contributions if each.size > 0.0}


def test_an_archive_without_the_policy_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="holds nothing of policy 'other'"):
        explain_archived(written(tmp_path, learning(10)), "other")
