"""What each estimator says of a target policy, beside what the log itself earned."""

from __future__ import annotations

from statistics import median

from bandit.estimators.single_slot import UNCOVERED
from simulations.evaluation.evaluated import Estimate, Evaluated
from simulations.report.figure import PALETTE, QUIET, Figure, Json, file_name, layout, see_through, text

ROW = 26  # pixels an estimator takes
WIDEST = 6.0  # times the median interval; a wider one is cut at the edge, or it would make a dot of all others


def forest(evaluated: Evaluated, number: int = 1) -> Figure:
    """Estimates with their intervals; an estimator that gave no number stands as refused.

    number  of the evaluation in its report, for the name
    """
    names = list(evaluated.estimates)
    given = {name: found for name, found in evaluated.estimates.items() if found.value is not None}
    refused = [name for name in names if name not in given]
    low, high, cut = _span(evaluated, given)
    x = {"title": f"mean reward a {evaluated.unit}", "range": [low, high], "nticks": 5, "tickangle": 0}
    y = {"type": "category", "categoryorder": "array", "categoryarray": names[::-1], "range": [-0.6, len(names) - 0.4]}
    drawn = layout(
        f"Estimates for {evaluated.target}", x, y, height=150 + ROW * max(len(names), 2), shapes=_lines(evaluated)
    )
    drawn["legend"] |= {"y": -56 / (ROW * max(len(names), 2))}
    return Figure(
        name=file_name("estimates", str(number)),
        title=f"What {evaluated.target} would have earned",
        alt=_alt(evaluated, given, refused),
        caption=_caption(evaluated, cut),
        plot={"data": [_dots(given), *([_refusals(refused, low)] if refused else [])], "layout": drawn},
    )


def _dots(given: dict[str, Estimate]) -> Json:
    values = [found.value or 0.0 for found in given.values()]
    above = [_away(found.high, value) for found, value in zip(given.values(), values, strict=True)]
    below = [_away(value, found.low) for found, value in zip(given.values(), values, strict=True)]
    return {
        "type": "scatter",
        "mode": "markers",
        "x": values,
        "y": [text(name) for name in given],
        "error_x": {
            "type": "data",
            "symmetric": False,
            "array": above,
            "arrayminus": below,
            "thickness": 2,
            "width": 5,
        },
        "marker": {"color": PALETTE[0], "size": 9},
        "customdata": [[found.low, found.high, text(found.method)] for found in given.values()],
        "hovertemplate": "%{x:.6g}  (%{customdata[0]:.6g} to %{customdata[1]:.6g}, %{customdata[2]})<extra></extra>",
        "name": "estimate, interval",
        "showlegend": True,
    }


def _refusals(refused: list[str], left: float) -> Json:
    return {
        "type": "scatter",
        "mode": "text",
        "x": [left] * len(refused),
        "y": [text(name) for name in refused],
        "text": ["refused: no number"] * len(refused),
        "textposition": "middle right",
        "hoverinfo": "skip",
        "showlegend": False,
    }


def _lines(evaluated: Evaluated) -> list[Json]:
    """What the log earned, with its interval, and what the target's own log did, where there is one."""
    known = [("logged mean", evaluated.logged, QUIET, "solid")]
    if evaluated.truth is not None:
        known.append(("target's own log", evaluated.truth, PALETTE[1], "dash"))
    tall: Json = {"yref": "paper", "y0": 0, "y1": 1, "layer": "below"}
    shapes: list[Json] = []
    for name, found, colour, dash in known:
        if found.value is None:
            continue
        line = {"color": colour, "width": 2, "dash": dash}
        shapes.append(
            {
                "type": "line",
                "x0": found.value,
                "x1": found.value,
                "line": line,
                "name": name,
                "showlegend": True,
                **tall,
            }
        )
        if found is evaluated.logged and found.low is not None and found.high is not None:
            fill = {"fillcolor": see_through(colour), "line": {"width": 0}}
            shapes.append({"type": "rect", "x0": found.low, "x1": found.high, **fill, **tall})
    return shapes


def _span(evaluated: Evaluated, given: dict[str, Estimate]) -> tuple[float, float, list[str]]:
    """What the x axis shows, and whose intervals go beyond it."""
    beside = [found for found in (evaluated.logged, evaluated.truth) if found is not None and found.value is not None]
    widths = {name: _away(found.high, found.low) for name, found in given.items()}
    usual = median(widths.values()) if widths else 0.0
    cut = [name for name, width in widths.items() if width > WIDEST * usual]
    shown = [*beside, *(found for name, found in given.items() if name not in cut)]
    ends = [end for found in shown for end in (found.value, found.low, found.high) if end is not None]
    ends += [found.value for name, found in given.items() if name in cut and found.value is not None]
    least, most = min(ends, default=0.0), max(ends, default=1.0)
    room = 0.06 * ((most - least) or abs(most) or 1.0)
    return least - room, most + room, cut


def _away(high: float | None, low: float | None) -> float:
    return 0.0 if high is None or low is None else high - low


def _alt(evaluated: Evaluated, given: dict[str, Estimate], refused: list[str]) -> str:
    logged = "unknown" if evaluated.logged.value is None else f"{evaluated.logged.value:.4g}"
    told = ", ".join(f"{name} {found.value:.4g}" for name, found in given.items())
    denied = f" Refused: {', '.join(refused)}." if refused else ""
    return f"The log earned {logged} a {evaluated.unit}; estimates of {evaluated.target}: {told or 'none'}.{denied}"


def _caption(evaluated: Evaluated, cut: list[str]) -> str:
    level = f"{100 * evaluated.level:g} %"
    said = f"Mean reward a {evaluated.unit}, n = {evaluated.rounds:,} rounds. Whiskers: {level} interval."
    said += " Grey: mean of the log and its interval."
    if evaluated.truth is not None:
        said += " Dashed: mean of the target's own log."
    if unsure := [name for name in evaluated.estimates if name in UNCOVERED]:
        said += f" Of {', '.join(unsure)} the interval knows neither a model's error nor that a parameter was chosen."
    return said + (f" Cut at the edge, being far wider than the others: {', '.join(cut)}." if cut else "")
