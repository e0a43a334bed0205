"""How much single rounds weigh in an evaluation: a few heavy ones are a warning."""

from __future__ import annotations

import math
from typing import NamedTuple

from simulations.evaluation.evaluated import Bar, Evaluated
from simulations.report.figure import PALETTE, QUIET, Figure, Json, file_name, layout


class _Place(NamedTuple):
    """Where a bar stands on an axis of logarithms."""

    left: float
    right: float


def weights(evaluated: Evaluated, number: int = 1) -> Figure:
    """Histogram of target over propensity, on an axis of logarithms; weights of 0 stand apart on the left.

    number  of the evaluation in its report, for the name
    """
    bars = tuple(bar for bar in evaluated.weights if bar.rounds or bar.most > 0.0)
    rounds = sum(bar.rounds for bar in bars)
    places = _places(bars)
    drawn = {
        "type": "bar",
        "x": [(place.left + place.right) / 2.0 for place in places],
        "width": [place.right - place.left for place in places],
        "y": [100.0 * bar.rounds / max(rounds, 1) for bar in bars],
        "customdata": [[_label(bar), bar.rounds] for bar in bars],
        "hovertemplate": "weight %{customdata[0]}: %{customdata[1]:,} rounds, %{y:.3g} %<extra></extra>",
        "marker": {"color": [QUIET if bar.most == 0.0 else PALETTE[0] for bar in bars], "line": {"width": 0}},
        "name": "rounds",
    }
    y = {"title": "% of rounds", "rangemode": "tozero"}
    return Figure(
        name=file_name("weights", str(number)),
        title="How much single rounds weigh",
        alt=_alt(evaluated, rounds),
        caption=_caption(evaluated, rounds),
        plot={"data": [drawn], "layout": layout("Weights", _axis(bars, places), y, showlegend=False)},
    )


def _places(bars: tuple[Bar, ...]) -> list[_Place]:
    edges = [edge for bar in bars for edge in (bar.least, bar.most) if edge > 0.0]
    first = min(edges, default=1.0)
    places = []
    for bar in bars:
        if bar.most == 0.0:
            places.append(_Place(first / 8.0, first / 4.0))
        else:
            places.append(_Place(bar.least or bar.most / 2.0, bar.most if bar.most > bar.least else 1.1 * bar.least))
    return places


def _axis(bars: tuple[Bar, ...], places: list[_Place]) -> Json:
    """Powers of ten, and 0 where its bar stands."""
    known = [place for bar, place in zip(bars, places, strict=True) if bar.most > 0.0]
    low = math.floor(math.log10(min((place.left for place in known), default=1.0)))
    high = math.ceil(math.log10(max((place.right for place in known), default=1.0)))
    at = [10.0**power for power in range(low + 1, high + 1)]
    zero = [math.sqrt(place.left * place.right) for bar, place in zip(bars, places, strict=True) if bar.most == 0.0]
    ticks = {"tickvals": [*zero, *at], "ticktext": ["0"] * len(zero) + [f"{tick:,g}" for tick in at]}
    ends = [math.log10(places[0].left) - 0.1, math.log10(places[-1].right) + 0.1] if places else [0.0, 1.0]
    return {"title": "weight of a round", "type": "log", "showgrid": False, "range": ends, **ticks}


def _label(bar: Bar) -> str:
    return "0" if bar.most == 0.0 else f"{bar.least:.3g} to {bar.most:.3g}"


def _alt(evaluated: Evaluated, rounds: int) -> str:
    fullest = max(evaluated.weights, key=lambda bar: bar.rounds)
    share = 100.0 * fullest.rounds / max(rounds, 1)
    return f"Most rounds, {share:.3g} %, weigh {_label(fullest)}; the largest weight is {_shown(evaluated.max_weight)}."


def _caption(evaluated: Evaluated, rounds: int) -> str:
    said = (
        f"Weight: probability the target gives what was shown, over the logged one. n = {rounds:,} rounds; mean weight "
    )
    said += f"{_shown(evaluated.mean_weight)} (1 if the log's probabilities are right), largest "
    said += f"{_shown(evaluated.max_weight)}, effective sample size {_shown(evaluated.ess)}."
    grey = any(bar.most == 0.0 and bar.rounds for bar in evaluated.weights)
    return f"{said} Grey: rounds of weight 0, which count for nothing." if grey else said


def _shown(number: float | None) -> str:
    return "unknown" if number is None else f"{number:,.0f}" if number >= 1e4 else f"{number:,.4g}"
