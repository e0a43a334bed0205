"""Open Bandit Pipeline 0.5.5 and we give the same numbers for the same weights and predictions."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from bandit.estimators import single_slot
from bandit.estimators.clipped import clipped, clipped_dr
from bandit.estimators.diagnostics import diagnose
from bandit.estimators.dr import dr
from bandit.estimators.dros import dros
from bandit.estimators.ips import ips
from bandit.estimators.mrdr import mrdr, mrdr_weights
from bandit.estimators.slope import least_error, slope
from bandit.estimators.sub_gaussian import sg_dr, sg_ips
from bandit.estimators.switch_dr import switch_dr
from bandit.estimators.verdict import judge
from bandit.estimators.weigh_table import weigh_table
from bandit.estimators.weighed import Weighed
from simulations.sources import obd, wheels
from tests.golden.obp import recipe

GOLDEN = json.loads((Path(__file__).parents[2] / "golden" / "obp" / "values.json").read_text())
SAME = 1e-6  # relative
FAMILIES = {each.__name__: each for each in (clipped, clipped_dr, switch_dr, dros, sg_ips, sg_dr)}


@pytest.fixture(scope="module")
def sample() -> Path:
    try:
        return obd.ensure(wheels.default_cache())
    except wheels.Unavailable as fault:
        pytest.skip(str(fault))


def estimated(rounds: Weighed, wanted: dict[str, Any]) -> float:
    """What we give where they gave `wanted["value"]`."""
    name = wanted["estimator"]
    family = FAMILIES.get(name)
    if "tuned" in wanted:
        parameter, by = wanted["tuned"], wanted["by"]
        values = GOLDEN["grids"][parameter]
        unbiased = dr(rounds) if single_slot.SINGLE_SLOT[name].model == "plain" else ips(rounds)
        if by == "slope":
            return slope(lambda r, v: family(r, **{parameter: v}), rounds, values, delta=GOLDEN["delta"]).value
        delta = GOLDEN["delta"] if by == "least_error" else None
        return least_error(lambda r, v: family(r, **{parameter: v}), unbiased, rounds, values, delta=delta).value
    parameters = {key: value for key, value in wanted.items() if key not in ("estimator", "value")}
    estimate = family or single_slot.SINGLE_SLOT[name].estimate
    return estimate(rounds, **parameters).value


def weighed(case: recipe.Case, q: np.ndarray) -> Weighed:
    propensity = case.logging[np.arange(len(case.action)), case.action]
    return weigh_table(case.target, case.action, propensity, case.reward, q=q, served=case.logging)


@pytest.mark.parametrize("golden", GOLDEN["synthetic"], ids=lambda golden: f"seed {golden['seed']}")
def test_synthetic_logs_give_what_the_reference_gives(golden: dict[str, Any]) -> None:
    (shape,) = (each for each in recipe.CASES if each[0] == golden["seed"])
    case = recipe.case(*shape)
    assert [each.sum() for each in case] == pytest.approx(golden["sums"], rel=1e-12)
    rounds = weighed(case, case.q)
    for wanted in golden["values"]:
        if wanted["estimator"] != "mrdr":
            assert estimated(rounds, wanted) == pytest.approx(wanted["value"], rel=SAME), wanted


@pytest.mark.parametrize("golden", GOLDEN["synthetic"], ids=lambda golden: f"seed {golden['seed']}")
def test_a_model_fitted_with_our_weights_gives_the_reference_mrdr(golden: dict[str, Any]) -> None:
    (shape,) = (each for each in recipe.CASES if each[0] == golden["seed"])
    case = recipe.case(*shape)
    counts = mrdr_weights(weighed(case, case.q))
    rows = np.hstack([case.context, np.eye(shape[2])[case.action]])
    ridge = np.linalg.solve(rows.T * counts @ rows + np.eye(rows.shape[1]), rows.T @ (counts * case.reward))
    q = (case.context @ ridge[: recipe.D])[:, None] + ridge[recipe.D :]
    assert mrdr(weighed(case, q)).value == pytest.approx(golden["values"][-1]["value"], rel=SAME)


@pytest.mark.parametrize("golden", GOLDEN["obd"]["cases"], ids=lambda golden: golden["logged"])
def test_the_open_bandit_dataset_gives_what_the_reference_gives(sample: Path, golden: dict[str, Any]) -> None:
    log = pl.read_csv(sample / golden["logged"] / "all" / "all.csv")
    item, place = log["item_id"].to_numpy(), log["position"].to_numpy() - 1
    click = log["click"].to_numpy().astype(float)
    share = np.array(GOLDEN["obd"]["bts"]) / GOLDEN["obd"]["simulations"]
    if golden["target"] == "random":
        share = np.full_like(share, 1 / recipe.ACTIONS)
    q = recipe.rates(item, place, click)
    rounds = weigh_table(share.T[place], item, log["propensity_score"].to_numpy(), click, q=q.T[place])
    for wanted in golden["values"]:
        assert estimated(rounds, wanted) == pytest.approx(wanted["value"], rel=SAME), wanted
    assert judge(diagnose(rounds)).kind == "weak"  # for want of clicks


def test_the_published_value_of_the_open_bandit_dataset_is_reproduced() -> None:
    golden = GOLDEN["obd"]["cases"][0]
    published = next(each["value"] for each in golden["values"] if each["estimator"] == "ips")
    assert round(published, 8) == 0.00455288
    assert round(published / 0.0038, 6) == 1.198126
