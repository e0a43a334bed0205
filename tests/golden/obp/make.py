"""Has Open Bandit Pipeline 0.5.5 estimate what `recipe.py` describes, and writes `values.json`. See README.md."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

HERE = Path(__file__).parent
SIMULATIONS, SEED = 100_000, 12_345  # as in the published evaluation of the Open Bandit Dataset
# What tuning chooses from, by our parameter's name. Theirs divides 0 by 0 at a smoothing of 1.
GRIDS = {
    "largest": [1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1_000.0],
    "tau": [1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1_000.0],
    "shrinkage": [1.0, 10.0, 100.0, 1e3, 1e4, 1e5, 1e6],
    "smoothing": [0.3, 0.1, 0.03, 0.01, 0.003, 0.001, 0.0],
}
DELTA = 0.1  # of tuning
PLAIN = {
    "ips": "InverseProbabilityWeighting",
    "snips": "SelfNormalizedInverseProbabilityWeighting",
    "dm": "DirectMethod",
    "dr": "DoublyRobust",
    "sndr": "SelfNormalizedDoublyRobust",
}
FAMILIES = (
    ("clipped", "InverseProbabilityWeighting", "largest", (2.0, 30.0)),
    ("clipped_dr", "DoublyRobust", "largest", (2.0, 30.0)),
    ("switch_dr", "SwitchDoublyRobust", "tau", (0.0, 2.0, 30.0)),
    ("dros", "DoublyRobustWithShrinkage", "shrinkage", (0.0, 4.0, 400.0)),
    ("sg_ips", "SubGaussianInverseProbabilityWeighting", "smoothing", (0.0, 0.02, 0.5)),
    ("sg_dr", "SubGaussianDoublyRobust", "smoothing", (0.0, 0.02, 0.5)),
)


def estimators(ope: Any) -> Iterator[tuple[dict[str, Any], Any]]:
    """Ours, by name, and theirs."""
    for name, theirs in PLAIN.items():
        yield {"estimator": name}, getattr(ope, theirs)()
    for name, theirs, parameter, each in FAMILIES:
        yield from (({"estimator": name, parameter: value}, getattr(ope, theirs)(lambda_=value)) for value in each)
        for tuning, options in (
            ("slope", {"tuning_method": "slope"}),
            ("least_error", {"tuning_method": "mse", "use_bias_upper_bound": True}),
            ("least_distance", {"tuning_method": "mse", "use_bias_upper_bound": False}),
        ):
            tuned = getattr(ope, theirs + "Tuning")(lambdas=list(GRIDS[parameter]), delta=DELTA, **options)
            yield {"estimator": name, "tuned": parameter, "by": tuning}, tuned


def values(log: dict[str, Any], tables: dict[str, Any]) -> list[dict[str, Any]]:
    """Every estimate of a log."""
    from obp import ope  # noqa: PLC0415  # only the peer's interpreter has it

    return [ours | {"value": float(theirs.estimate_policy_value(**log, **tables))} for ours, theirs in estimators(ope)]


def synthetic() -> list[dict[str, Any]]:
    import recipe  # noqa: PLC0415  # stands beside this file when it is run
    from obp.ope import DoublyRobust, RegressionModel  # noqa: PLC0415
    from sklearn.linear_model import Ridge  # noqa: PLC0415

    found = []
    for seed, n, k, contrast in recipe.CASES:
        made = recipe.case(seed, n, k, contrast)
        propensity = made.logging[np.arange(n), made.action]
        log = {"reward": made.reward, "action": made.action, "pscore": propensity, "position": np.zeros(n, int)}
        dist = made.target[:, :, None]
        every = values(log, {"action_dist": dist, "estimated_rewards_by_reg_model": made.q[:, :, None]})
        ridge = Ridge(alpha=1.0, fit_intercept=False, solver="cholesky")
        model = RegressionModel(base_model=ridge, n_actions=k, fitting_method="mrdr")
        q = model.fit_predict(made.context, made.action, made.reward, propensity, action_dist=dist)
        mrdr = DoublyRobust().estimate_policy_value(**log, action_dist=dist, estimated_rewards_by_reg_model=q)
        every.append({"estimator": "mrdr", "value": float(mrdr)})
        found.append({"seed": seed, "sums": [float(each.sum()) for each in made], "values": every})
    return found


def obd(folder: Path) -> dict[str, Any]:
    """The sample of the Open Bandit Dataset, campaign `all`: each logging policy, the other as target."""
    import recipe  # noqa: PLC0415
    from obp.dataset import OpenBanditDataset  # noqa: PLC0415
    from obp.policy import BernoulliTS  # noqa: PLC0415

    policy = BernoulliTS(recipe.ACTIONS, recipe.PLACES, is_zozotown_prior=True, campaign="all", random_state=SEED)
    bts = policy.compute_batch_action_dist(n_rounds=1, n_sim=SIMULATIONS)
    dists = {"bts": bts, "random": np.full_like(bts, 1 / recipe.ACTIONS)}
    found = []
    for logged, target in (("random", "bts"), ("bts", "random")):
        read = OpenBanditDataset(behavior_policy=logged, campaign="all", data_path=folder)
        log = {"reward": read.reward, "action": read.action, "pscore": read.pscore, "position": read.position}
        q = recipe.rates(read.action, read.position, read.reward.astype(float))
        tables = {
            "action_dist": np.tile(dists[target], (len(read.reward), 1, 1)),
            "estimated_rewards_by_reg_model": np.tile(q, (len(read.reward), 1, 1)),
        }
        found.append({"logged": logged, "target": target, "values": values(log, tables)})
    counts = np.rint(bts[0] * SIMULATIONS).astype(int).tolist()
    return {"simulations": SIMULATIONS, "seed": SEED, "bts": counts, "cases": found}


def in_lines(made: dict[str, Any]) -> str:
    """JSON with each innermost list or object in a line of its own."""
    inner = re.compile(r"([\[{])\s+([^\[\]{}]*?)\s+([\]}])")
    return inner.sub(lambda m: m[1] + re.sub(r"\s+", " ", m[2]) + m[3], json.dumps(made, indent=1)) + "\n"


if __name__ == "__main__":
    import obp

    made = {"obp": obp.__version__, "numpy": np.__version__, "grids": GRIDS, "delta": DELTA}
    made |= {"synthetic": synthetic(), "obd": obd(Path(sys.argv[1]))}
    (HERE / "values.json").write_text(in_lines(made))
