"""Are the logged probabilities those that ads were drawn with? How often they were drawn, by what was logged."""

from __future__ import annotations

from simulations.evaluation.evaluated import Bin, Evaluated
from simulations.report.figure import PALETTE, QUIET, Figure, Json, file_name, layout

FARTHEST = 3.0  # ratio at which the axis ends, if no dot lies beyond


def calibration(evaluated: Evaluated, number: int = 1) -> Figure:
    """Draws over expected draws in each class of logged probability; 1 is right.

    number  of the evaluation in its report, for the name
    """
    bins = [each for each in evaluated.calibration if each.offered and each.expected > 0.0]
    wrong = [each for each in bins if not each.low <= 1.0 <= each.high]
    highest = max([1.5, *(_ratio(each) for each in bins), *(min(each.high, FARTHEST) for each in bins)])
    x = {"title": "logged probability, mean of its class", "type": "log", "dtick": 1, "minor": {"showgrid": False}}
    y = {"title": "drawn over expected", "range": [0.0, 1.05 * highest]}
    drawn = layout("Propensity calibration", x, y, shapes=[_one()], showlegend=False)
    return Figure(
        name=file_name("calibration", str(number)),
        title="Are logged probabilities what was drawn with?",
        alt=_alt(bins, wrong),
        caption=_caption(bins),
        plot={"data": [_dots(bins)], "layout": drawn},
    )


def _dots(bins: list[Bin]) -> Json:
    ratios = [_ratio(each) for each in bins]
    return {
        "type": "scatter",
        "mode": "markers",
        "x": [each.expected / each.offered for each in bins],
        "y": ratios,
        "error_y": {
            "type": "data",
            "symmetric": False,
            "array": [each.high - ratio for each, ratio in zip(bins, ratios, strict=True)],
            "arrayminus": [ratio - each.low for each, ratio in zip(bins, ratios, strict=True)],
            "thickness": 2,
            "color": PALETTE[0],
            "width": 5,
        },
        "marker": {
            "size": 9,
            "color": [PALETTE[0] if each.low <= 1.0 <= each.high else PALETTE[1] for each in bins],
            "symbol": ["circle" if each.low <= 1.0 <= each.high else "x" for each in bins],
        },
        "customdata": [[each.least, each.most, each.offered, each.drawn, each.expected] for each in bins],
        "hovertemplate": "logged %{customdata[0]:.3g} to %{customdata[1]:.3g}: offered %{customdata[2]:,}, "
        "drawn %{customdata[3]:,}, expected %{customdata[4]:,.1f}<extra></extra>",
        "name": "class of probability",
    }


def _one() -> Json:
    line = {"color": QUIET, "width": 2, "dash": "dash"}
    return {"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": 1.0, "y1": 1.0, "line": line, "layer": "below"}


def _ratio(each: Bin) -> float:
    return each.drawn / each.expected


def _alt(bins: list[Bin], wrong: list[Bin]) -> str:
    right = len(bins) - len(wrong)
    return f"In {right} of {_classes(bins)} of logged probability, the interval of drawn over expected has 1."


def _caption(bins: list[Bin]) -> str:
    offered = sum(each.offered for each in bins)
    return (
        f"Draws over expected draws, n = {offered:,} offers in {_classes(bins)}. Dashed: 1, where the log is right. "
        "Whiskers: intervals that hold for all classes together, whenever one looks. A cross: 1 is outside."
    )


def _classes(bins: list[Bin]) -> str:
    return f"{len(bins)} {'class' if len(bins) == 1 else 'classes'}"
