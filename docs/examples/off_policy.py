"""Ask a log what another policy would have earned, and check the answer against the truth.

Run it as it is (`python docs/examples/off_policy.py`), or cell by cell in an editor that knows `# %%`.
"""

# %% A shop that serves ads by an even draw, and writes down what it did
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from simulations.environments.base import Round
from simulations.environments.shop import Shop
from simulations.evaluation.evaluate import evaluate
from simulations.logs.table import TableLog
from simulations.logs.table_rows import Named
from simulations.report.page import report

ROUNDS = 6_000
FOLDER = Path(tempfile.mkdtemp(prefix="off-policy-"))
world = Shop(seed=1)


def names(visit: Round) -> list[str]:
    """What the log calls the candidates of a round."""
    return [f"{template}/{placement}" for template, placement in visit.candidates]


def logged() -> Iterator[dict[str, Any]]:
    """One row a round: what could be shown, what was, how likely that was, and whether it was clicked."""
    draws = np.random.default_rng(7)
    for visit in map(world.round, range(ROUNDS)):
        candidates = names(visit)
        chosen = int(draws.integers(len(candidates)))
        yield {
            "department": visit.request["context"]["page"].get("department", "home"),
            "device": visit.request["context"]["device"],
            "candidates": candidates,
            "action": candidates[chosen],
            "propensity": 1.0 / len(candidates),
            "reward": float(draws.random() < visit.click_probability[chosen]),
        }


pl.DataFrame(logged()).write_parquet(FOLDER / "log.parquet")

# %% The log, and what is known of each action besides
departments = {template["id"]: template["features"]["department"] for template in world.catalog()["templates"]}
actions = sorted({name for visit in map(world.round, range(500)) for name in names(visit)})
log = TableLog(
    [FOLDER / "log.parquet"],
    Named(candidates="candidates", features=("department", "device")),
    actions=actions,
    items={name: {"department": departments[name.split("/")[0]]} for name in actions},
    even=True,
    name="a shop's log",
)


# %% Another policy, as a function: three times the chance for an ad of the department that is looked at
def matching(context: Mapping[str, Any], candidates: Sequence[Mapping[str, Any]]) -> list[float]:
    """Probability of each candidate."""
    weight = [3.0 if each["department"] == context.get("department") else 1.0 for each in candidates]
    return [each / sum(weight) for each in weight]


# %% What it would have earned
found = evaluate(log, matching, seed=1)
print(f"the log earned {found.logged.value:.4f} a round; verdict: {found.verdict}")
for name in ("ips", "snips", "dr"):
    told = found.estimates[name]
    print(f"{name:>6}  {told.value:.4f}  ({told.low:.4f} to {told.high:.4f})")


# %% What it does earn: in a simulation the truth is known
def truth() -> float:
    """Mean chance of a click if the policy serves the very same visitors."""
    earned = 0.0
    for visit in map(world.round, range(ROUNDS)):
        seen = {"department": visit.request["context"]["page"].get("department", "home")}
        known = [{"department": departments[name.split("/")[0]]} for name in names(visit)]
        earned += float(np.dot(matching(seen, known), visit.click_probability))
    return earned / ROUNDS


true = truth()
print(f" truth  {true:.4f}")

# %% Figures: estimates, weights, calibration
report(found).write(FOLDER / "report.html")
print(f"figures are in {FOLDER / 'report.html'}")
