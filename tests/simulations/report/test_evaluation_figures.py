"""Forest, weights, calibration and features say what the evaluation says."""

from __future__ import annotations

import math
from collections.abc import Callable

import msgspec
import plotly.graph_objects as go
import pytest

from simulations.evaluation.evaluated import Bar, Evaluated
from simulations.report.calibration import calibration
from simulations.report.figure import Figure
from simulations.report.forest import forest
from simulations.report.speaking import LONGEST, speaking
from simulations.report.weights import weights
from tests.simulations.report.made_up import evaluated, explained, refused


def test_whiskers_end_where_the_intervals_do() -> None:
    dots = forest(evaluated()).plot["data"][0]
    ends = zip(dots["x"], dots["error_x"]["arrayminus"], dots["error_x"]["array"], strict=True)
    told = [found for found in evaluated().estimates.values() if found.value is not None]
    assert [(value - below, value + above) for value, below, above in ends] == [(each.low, each.high) for each in told]


def test_a_refusal_stands_in_its_row_without_a_number() -> None:
    dots, denied = forest(evaluated()).plot["data"]
    assert "dm" not in dots["y"]
    assert denied["y"] == ["dm"]
    assert denied["text"] == ["refused: no number"]


def test_where_all_is_refused_every_row_says_so() -> None:
    figure = forest(refused())
    assert figure.plot["data"][0]["x"] == []
    assert len(figure.plot["data"][1]["y"]) == 5
    assert "Refused: ips, snips, dr, dm, wide." in figure.alt


def test_the_logs_mean_and_the_targets_own_are_lines() -> None:
    lines = [shape for shape in forest(evaluated()).plot["layout"]["shapes"] if shape["type"] == "line"]
    assert [(shape["name"], shape["x0"], shape["x1"]) for shape in lines] == [
        ("logged mean", 0.375, 0.375),
        ("target's own log", 0.5, 0.5),
    ]


def test_an_interval_far_wider_than_the_others_is_cut_and_named() -> None:
    figure = forest(evaluated())
    low, high = figure.plot["layout"]["xaxis"]["range"]
    assert (low, high) == pytest.approx((0.22, 0.78))
    assert "Cut at the edge, being far wider than the others: wide." in figure.caption


def test_bars_are_shares_of_the_rounds_at_their_weights() -> None:
    (bars,) = weights(evaluated()).plot["data"]
    assert bars["y"] == [25.0, 50.0, 25.0]
    assert [(x - w / 2, x + w / 2) for x, w in zip(bars["x"], bars["width"], strict=True)][1:] == [
        (0.5, 1.0),
        (1.0, 2.0),
    ]


def test_weights_of_zero_stand_apart_and_are_named() -> None:
    layout = weights(evaluated()).plot["layout"]
    assert layout["xaxis"]["ticktext"][0] == "0"
    assert layout["xaxis"]["tickvals"][0] < 0.5
    assert "weight 0" in weights(evaluated()).caption


def test_weights_that_are_all_alike_have_a_bar() -> None:
    alike = msgspec.structs.replace(evaluated(), weights=(Bar(1.0, 1.0, 10),))
    (bars,) = weights(alike).plot["data"]
    assert bars["width"][0] > 0.0
    assert math.isfinite(bars["x"][0])


def test_calibration_has_a_cross_where_one_is_outside() -> None:
    (dots,) = calibration(evaluated()).plot["data"]
    assert dots["y"] == [1.0, 0.25]
    assert dots["marker"]["symbol"] == ["circle", "x"]
    assert [y + up for y, up in zip(dots["y"], dots["error_y"]["array"], strict=True)] == [1.2, 0.6]


def test_the_strongest_feature_is_on_top_and_long_names_are_cut() -> None:
    axis = speaking(explained()).plot["layout"]["yaxis"]
    assert axis["range"][0] > axis["range"][1]
    assert axis["ticktext"][0] == "Ad id"
    assert max(map(len, axis["ticktext"])) == LONGEST


@pytest.mark.parametrize("draw", [forest, weights, calibration])
def test_plotly_knows_every_attribute(draw: Callable[[Evaluated], Figure]) -> None:
    assert go.Figure(draw(evaluated()).plot).data
    assert go.Figure(speaking(explained()).plot).data
