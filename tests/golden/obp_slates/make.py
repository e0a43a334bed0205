"""Has Open Bandit Pipeline 0.5.5 estimate what `recipe.py` describes, and writes `values.json`. See README.md."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import obp
import recipe  # stands beside this file when it is run
from obp import ope


def estimates(made: recipe.Case) -> dict[str, float]:
    """Ours, by name."""
    m, slots = made.action.shape
    k = made.first.shape[1]
    log: dict[str, Any] = {
        "slate_id": np.repeat(np.arange(m), slots),
        "position": np.tile(np.arange(slots), m),
        "action": made.action.ravel(),
        "reward": made.reward.ravel(),
        "pscore": np.repeat(made.joint[:, -1], slots),
        "evaluation_policy_pscore": np.repeat(made.target_joint[:, -1], slots),
        "pscore_item_position": made.marginal.ravel(),
        "evaluation_policy_pscore_item_position": made.target_marginal.ravel(),
        "pscore_cascade": made.joint.ravel(),
        "evaluation_policy_pscore_cascade": made.target_joint.ravel(),
        "q_hat": made.q.ravel(),
        "evaluation_policy_action_dist": made.target_every.ravel(),
    }
    theirs = {
        "standard": ope.SlateStandardIPS(len_list=slots),
        "independent": ope.SlateIndependentIPS(len_list=slots),
        "reward_interaction": ope.SlateRewardInteractionIPS(len_list=slots),
        "cascade_dr": ope.SlateCascadeDoublyRobust(len_list=slots, n_unique_action=k),
    }
    return {ours: float(estimator.estimate_policy_value(**log)) for ours, estimator in theirs.items()}


if __name__ == "__main__":
    found = []
    for options in recipe.CASES:
        made = recipe.case(*options)
        sums = [float(each.sum()) for each in made]
        found.append({"seed": options[0], "sums": sums, "values": estimates(made)})
    written = {"obp": obp.__version__, "numpy": np.__version__, "cases": found}
    Path(__file__).with_name("values.json").write_text(json.dumps(written, indent=1) + "\n")
