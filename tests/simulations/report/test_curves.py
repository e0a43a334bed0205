"""Lines are the means of the table, bands its intervals."""

from __future__ import annotations

import plotly.graph_objects as go
import polars as pl
import pytest

from simulations.report.curves import Measure, curves
from simulations.report.figure import Figure, Json
from tests.simulations.report.made_up import HOSTILE, simulated

POLICIES = ("engine", "linucb", "uniform")


def traces(figure: Figure, policy: str) -> tuple[Json, Json]:
    band, line = (trace for trace in figure.plot["data"] if trace["legendgroup"] == policy)
    return band, line


@pytest.mark.parametrize("measure", ["reward", "normalised_regret"])
def test_a_band_ends_where_the_tables_interval_does(measure: Measure) -> None:
    found = simulated(policies=POLICIES)
    (figure,) = curves(found, measure)
    table = found.curves(measure).filter(pl.col("policy") == "linucb")
    band, line = traces(figure, "linucb")
    assert line["x"] == table["rounds"].to_list()
    assert line["y"] == table["mean"].to_list()
    assert band["x"] == line["x"] + line["x"][::-1]
    assert band["y"] == table["high"].to_list() + table["low"].to_list()[::-1]


def test_every_world_has_a_figure_of_its_own() -> None:
    found = curves(simulated(("digits", "shop: drifting")), "reward")
    assert [figure.name for figure in found] == ["reward-digits", "reward-shop-drifting"]


def test_one_seed_has_a_line_and_no_band() -> None:
    (figure,) = curves(simulated(seeds=1), "reward")
    band, line = traces(figure, "engine")
    assert len(line["y"]) == 100
    assert band["y"] == []
    assert "One seed: no bands." in figure.caption


def test_a_policy_looks_the_same_in_every_world_and_like_no_other() -> None:
    worlds = curves(simulated(("digits", "shop"), tuple("abcdefghijkl")), "reward")
    looks = [[trace["line"] for trace in figure.plot["data"] if "dash" in trace["line"]] for figure in worlds]
    assert looks[0] == looks[1]
    assert len({(line["color"], line["dash"]) for line in looks[0]}) == 12


def test_the_scale_shows_every_mean_but_not_the_first_bands() -> None:
    (figure,) = curves(simulated(policies=POLICIES), "normalised_regret")
    low, high = figure.plot["layout"]["yaxis"]["range"]
    assert low <= 0.0
    assert high >= 1.0
    assert all(low <= y <= high for policy in POLICIES for y in traces(figure, policy)[1]["y"])


def test_the_caption_says_what_a_band_is_and_of_how_many() -> None:
    (figure,) = curves(simulated(seeds=3), "reward")
    assert "n = 3 seeds" in figure.caption
    assert "95 % interval" in figure.caption


def test_plotly_knows_every_attribute_and_a_name_is_no_markup() -> None:
    (figure,) = curves(simulated(policies=(HOSTILE, "uniform")), "reward")
    drawn = go.Figure(figure.plot)
    assert drawn.data[0].name.startswith("&lt;b&gt;it")
