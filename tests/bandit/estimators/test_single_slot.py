"""The estimators as a set: what each asks for, what each refuses, and that each is documented."""

import re
from pathlib import Path

import numpy as np
import pytest

from bandit.errors import BadInput
from bandit.estimators.clipped import clipped
from bandit.estimators.dros import dros
from bandit.estimators.single_slot import SINGLE_SLOT
from bandit.estimators.sub_gaussian import sg_ips
from bandit.estimators.switch_dr import switch_dr
from bandit.estimators.weighed import Weighed

DOCS = Path(__file__).parents[3] / "docs" / "estimators"
HALF = np.full(20, 0.5)
BARE, MODELLED = Weighed(HALF, HALF, HALF), Weighed(HALF, HALF, HALF, HALF, HALF)


@pytest.mark.parametrize("name", SINGLE_SLOT)
def test_each_estimates_with_what_it_says_it_needs(name: str) -> None:
    estimator = SINGLE_SLOT[name]
    rounds = BARE if estimator.model == "none" else MODELLED
    assert estimator.estimate(rounds).value == pytest.approx(0.5)


@pytest.mark.parametrize("name", [name for name, each in SINGLE_SLOT.items() if each.model != "none"])
def test_each_that_needs_a_model_refuses_rounds_without_one(name: str) -> None:
    with pytest.raises(BadInput, match="reward model"):
        SINGLE_SLOT[name].estimate(BARE)


@pytest.mark.parametrize("name", ["snips", "sndr"])
def test_self_normalised_estimates_of_what_was_never_logged_are_refused(name: str) -> None:
    with pytest.raises(BadInput, match="would never have shown"):
        SINGLE_SLOT[name].estimate(Weighed(HALF, HALF * 0, HALF, HALF, HALF))


@pytest.mark.parametrize("value", [-1.0, np.nan])
def test_parameters_out_of_bounds_are_refused(value: float) -> None:
    for estimate in (
        lambda: clipped(BARE, largest=value),
        lambda: switch_dr(MODELLED, tau=value),
        lambda: dros(MODELLED, shrinkage=value),
        lambda: sg_ips(BARE, smoothing=value),
    ):
        with pytest.raises(BadInput):
            estimate()


def test_smoothing_all_the_way_counts_what_the_target_might_have_shown() -> None:
    rounds = Weighed(HALF[:2], np.array([0.9, 0.0]), np.array([1.0, 1.0]))
    assert sg_ips(rounds, smoothing=1.0).value == 0.5


@pytest.mark.parametrize("name", SINGLE_SLOT)
def test_each_has_its_row_in_the_docs(name: str) -> None:
    assert f"`{name}`" in (DOCS / "README.md").read_text()


def test_the_example_in_the_docs_runs(capsys: pytest.CaptureFixture[str]) -> None:
    (example,) = re.findall(r"```python\n(.*?)```", (DOCS / "README.md").read_text(), re.DOTALL)
    exec(compile(example, "README.md", "exec"), {})
    assert "method='bootstrap'" in capsys.readouterr().out
