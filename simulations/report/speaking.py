"""Which features a model's weights speak for, as bars."""

from __future__ import annotations

from simulations.report.contributions import NAMESPACES, Contribution, Contributions
from simulations.report.figure import PALETTE, QUIET, Figure, Json, file_name, layout, text

MOST = 20  # features shown
ROW = 22  # pixels each takes
LONGEST = 26  # letters of a label, so that bars keep room on a phone
_COLOURS = {**dict(zip(NAMESPACES.values(), PALETTE, strict=False)), "constant": QUIET}


def speaking(found: Contributions, number: int = 1) -> Figure:
    """The strongest features, by their mean absolute contribution; how far they move candidates apart as a dot.

    number  of the model in its report, for the name
    """
    shown = found.contributions[:MOST]
    rows = max(len(shown), 3)
    labels = {"tickvals": list(range(len(shown))), "ticktext": [_label(each) for each in shown]}
    x = {"title": "contribution", "rangemode": "tozero", "nticks": 4, "tickangle": 0}
    y = {"range": [rows - 0.5, -0.5], "showgrid": False, **labels}
    drawn = layout(found.model, x, y, height=150 + ROW * rows, bargap=0.25)
    drawn["legend"] |= {"y": -56 / (ROW * rows)}
    ranking = {
        "type": "scatter",
        "mode": "markers",
        "x": [each.apart for each in shown],
        "y": list(range(len(shown))),
        "marker": {"symbol": "diamond", "size": 9, "color": QUIET, "line": {"color": "white", "width": 1}},
        "hovertemplate": "moves candidates apart by %{x:.4g}<extra></extra>",
        "name": "between candidates",
    }
    return Figure(
        name=file_name("features", str(number)),
        title=f"Which features {found.model} goes by",
        alt=f"Strongest features: {', '.join(f'{each.feature} {each.size:.3g}' for each in shown[:5])}.",
        caption=_caption(found),
        plot={"data": [*_bars(shown), ranking], "layout": drawn},
    )


def _bars(shown: tuple[Contribution, ...]) -> list[Json]:
    """One trace a namespace, so that each has its place in the legend."""
    bars = []
    for namespace, colour in _COLOURS.items():
        ours = [(row, each) for row, each in enumerate(shown) if each.feature.split(" ")[0] == namespace]
        bars.append(
            {
                "type": "bar",
                "orientation": "h",
                "x": [each.size for _, each in ours],
                "y": [row for row, _ in ours],
                "customdata": [text(each.feature) for _, each in ours],
                "marker": {"color": colour},
                "hovertemplate": "%{customdata}: %{x:.4g}<extra></extra>",
                "name": namespace,
            }
        )
    return [bar for bar in bars if bar["x"]]


def _label(each: Contribution) -> str:
    name = each.feature
    return text(name if len(name) <= LONGEST else f"{name[: LONGEST - 1]}\N{HORIZONTAL ELLIPSIS}")


def _caption(found: Contributions) -> str:
    said = (
        "Bars: mean absolute contribution of a feature to a candidate's score, in reward units, "
        f"n = {found.candidates:,} candidates of {found.requests:,} requests. Where a weight is of two or three "
        "features together, each has an even share, so that all parts add up to the score. Diamonds: how far it moves "
        "the candidates of one request apart, which alone ranks them."
    )
    left_out = len(found.contributions) - MOST
    return f"{said} {left_out} weaker features are left out." if left_out > 0 else said
