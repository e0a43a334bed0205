"""What Open Bandit Pipeline says of the same pages."""

import json
from pathlib import Path

import numpy as np
import pytest

from bandit.estimators.slates.cascade_dr import cascade_dr
from bandit.estimators.slates.independent import independent
from bandit.estimators.slates.placed import placed, renormalised
from bandit.estimators.slates.reward_interaction import reward_interaction
from bandit.estimators.slates.slates import Slates
from bandit.estimators.slates.standard import standard
from tests.golden.obp_slates import recipe

ROOT = Path(__file__).parents[4]
CASES = json.loads((ROOT / "tests/golden/obp_slates/values.json").read_text())["cases"]
MADE = {options[0]: recipe.case(*options) for options in recipe.CASES}


@pytest.mark.parametrize("golden", CASES, ids=lambda golden: golden["seed"])
def test_the_pages_are_those_the_values_were_made_of(golden):
    np.testing.assert_allclose([each.sum() for each in MADE[golden["seed"]]], golden["sums"], rtol=1e-12)


@pytest.mark.parametrize("golden", CASES, ids=lambda golden: golden["seed"])
@pytest.mark.parametrize("estimator", [standard, independent, reward_interaction, cascade_dr])
def test_estimates_are_those_of_open_bandit_pipeline(golden, estimator):
    value = estimator(_slates(MADE[golden["seed"]])).value
    assert value == pytest.approx(golden["values"][estimator.__name__], rel=1e-9)


def _slates(made: recipe.Case) -> Slates:
    m, slots = made.action.shape
    alone = np.eye(made.first.shape[1], dtype=bool)
    marginal, target_marginal = (
        np.array([table[np.arange(slots), page] for table, page in zip(tables, made.action, strict=True)])
        for tables in ([placed(renormalised(p), alone, slots) for p in of] for of in (made.first, made.target_first))
    )
    return Slates(
        np.repeat(np.arange(m), slots), np.tile(np.arange(slots), m),
        made.conditional.ravel(), made.target_conditional.ravel(), made.reward.ravel(),
        marginal=marginal.ravel(), target_marginal=target_marginal.ravel(),
        predicted=np.take_along_axis(made.q, made.action[:, :, None], axis=2).ravel(),
        expected=(made.q * made.target_every).sum(axis=2).ravel(),
    )  # fmt: skip
