"""The Open Bandit Dataset's sample gives the numbers that were published of it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from simulations.evaluation.cli import app
from simulations.logs import obd
from simulations.sources import wheels


@pytest.fixture(scope="module")
def sample() -> obd.Sample:
    try:
        return obd.ensure(wheels.default_cache())
    except wheels.Unavailable as fault:
        pytest.skip(str(fault))


def one_page(campaign: obd.Campaign, sample: obd.Sample, pages: int) -> np.ndarray:
    """Shares of pages simulated one by one, as Open Bandit Pipeline does."""
    prior = obd.prior(campaign, sample)
    chance, counts = np.random.RandomState(7), np.zeros((obd.SLOTS, prior.shape[1]))
    for _ in range(pages):
        for slot, item in enumerate(chance.beta(prior[0], prior[1]).argsort()[::-1][: obd.SLOTS]):
            counts[slot, item] += 1
    return counts / pages


@pytest.mark.parametrize("campaign", obd.CAMPAIGNS)
def test_pages_simulated_together_are_those_simulated_one_by_one(
    campaign: obd.Campaign, sample: obd.Sample, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(obd, "PAGES", 64)
    found = obd.probabilities("bts", campaign, sample, simulations=200, seed=7)
    assert found.tolist() == one_page(campaign, sample, 200).tolist()


def test_the_published_estimate_comes_out(sample: obd.Sample, tmp_path: Path) -> None:
    file = tmp_path / "found.json"
    words = ["evaluate", "obd", "--campaign", "all", "--logged", "random", "--target", "bts"]
    words += ["--simulations", "100000", "--seed", "12345", "--json", str(file)]
    ran = CliRunner().invoke(app, words)
    found = json.loads(file.read_text())
    assert ran.exit_code == 0, ran.output
    assert found["ips"]["value"] == pytest.approx(0.00455288, rel=1e-9)
    assert found["relative"]["ips"] == pytest.approx(1.198126, abs=1e-6)
    assert (found["logged"]["value"], found["truth"]["value"]) == (0.0038, 0.0042)
    assert (found["rounds"], found["actions"], found["verdict"]) == (10_000, 80, "weak")
    for name in ("snips", "clipped", "dm", "dr", "sndr", "switch_dr", "dros", "mrdr", "sg_ips", "sg_dr"):
        estimate = found[name]
        assert set(estimate) == {"value", "low", "high", "method"}
        assert estimate["low"] <= estimate["value"] <= estimate["high"]
    assert {"mean_weight", "ess", "max_weight"} <= set(found)


def test_the_other_way_round_is_answered_too(sample: obd.Sample, tmp_path: Path) -> None:
    file = tmp_path / "found.json"
    words = ["evaluate", "obd", "--logged", "bts", "--target", "random", "--estimators", "ips,dr", "--json", str(file)]
    assert CliRunner().invoke(app, words).exit_code == 0
    found = json.loads(file.read_text())
    assert (found["logged"]["value"], found["truth"]["value"]) == (0.0042, 0.0038)
    assert found["ips"]["low"] < 0.0038 < found["ips"]["high"]
    assert found["unsupported_mass"] is None
