"""How policies get better: reward and normalised regret against rounds, a figure a world, with bands over seeds."""

from __future__ import annotations

from typing import Literal

import polars as pl

from simulations.report.figure import QUIET, Figure, Json, Line, file_name, layout, lines, see_through, text
from simulations.running.results import Results

Measure = Literal["reward", "normalised_regret"]

_TITLES: dict[Measure, str] = {"reward": "Reward", "normalised_regret": "Normalised regret"}
_UNITS: dict[Measure, str] = {
    "reward": "mean reward a round",
    "normalised_regret": "normalised regret",
}
SETTLED = 0.1  # share of the rounds after which bands count for the scale: the first are as wide as chance


def curves(results: Results, measure: Measure) -> list[Figure]:
    """A figure for each world in the results."""
    table = results.curves(measure)
    looks = lines(policies(results))
    worlds = table.get_column("environment").unique(maintain_order=True)
    return [_figure(world, table.filter(pl.col("environment") == world), measure, looks) for world in worlds]


def policies(results: Results) -> list[str]:
    """All that ran, in the order they are drawn."""
    return sorted(results.table.get_column("policy").unique())


def _figure(world: str, table: pl.DataFrame, measure: Measure, looks: dict[str, Line]) -> Figure:
    ran = table.get_column("policy").unique(maintain_order=True).to_list()
    drawings = [_traces(name, table, looks[name]) for name in ran]
    low, high = _scale(table, measure)
    y = {"title": _UNITS[measure], "range": [low, high]}
    drawn = layout(f"{_TITLES[measure]}: {world}", {"title": "rounds", "rangemode": "tozero"}, y, hovermode="x")
    if measure == "normalised_regret":
        drawn["shapes"] = [_level(0.0), _level(1.0)]
    return Figure(
        name=file_name(measure, world),
        title=f"{_TITLES[measure]} in {world}",
        alt=f"{_TITLES[measure]} of {', '.join(ran)} in {world} after {_at_end(table)}.",
        caption=_caption(table, measure),
        plot={
            "data": [*(band for band, _ in drawings), *(line for _, line in drawings)],  # no line is behind a band
            "layout": drawn,
        },
    )


def _traces(policy: str, table: pl.DataFrame, look: Line) -> tuple[Json, Json]:
    """The band, as one outline, and the line."""
    ours = table.filter((pl.col("policy") == policy) & pl.col("mean").is_not_null())
    known = ours.filter(pl.col("low").is_not_null() & pl.col("low").is_finite())
    rounds, of_band = ours.get_column("rounds").to_list(), known.get_column("rounds").to_list()
    band = {
        "type": "scatter",
        "x": of_band + of_band[::-1],
        "y": known.get_column("high").to_list() + known.get_column("low").to_list()[::-1],
        "fill": "toself",
        "fillcolor": see_through(look.colour),
        "line": {"width": 0, "simplify": False},
        "mode": "lines",
        "hoverinfo": "skip",
        "showlegend": False,
    }
    line = {
        "type": "scatter",
        "x": rounds,
        "y": ours.get_column("mean").to_list(),
        "mode": "lines" if len(rounds) > 1 else "markers",
        "line": {"color": look.colour, "dash": look.dash, "width": 2, "simplify": False},
        "marker": {"color": look.colour},
        "hovertemplate": "%{y:.4g}",
    }
    both = {"name": text(policy), "legendgroup": policy}
    return band | both, line | both


def _scale(table: pl.DataFrame, measure: Measure) -> tuple[float, float]:
    """What the y axis spans: all means, and the bands where they have settled."""
    settled = table.filter(pl.col("rounds") >= SETTLED * pl.col("rounds").max())
    ends = [table.get_column("mean"), settled.get_column("low"), settled.get_column("high")]
    seen = [end for end in pl.concat([end.cast(pl.Float64) for end in ends]).drop_nulls() if abs(end) < float("inf")]
    least, most = min(seen, default=0.0), max(seen, default=1.0)
    if measure == "normalised_regret":
        least, most = min(least, 0.0), max(most, 1.0)
    room = 0.04 * ((most - least) or 1.0)
    return least - room, most + room


def _level(at: float) -> Json:
    return {
        "type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": at, "y1": at, "layer": "below",
        "line": {"color": QUIET, "width": 1, "dash": "dot"},
    }  # fmt: skip


def _at_end(table: pl.DataFrame) -> str:
    rounds = max(table.get_column("rounds").to_list())
    last = table.filter(pl.col("rounds") == rounds).drop_nulls("mean")
    told = [f"{policy} {mean:.3g}" for policy, mean in last.select("policy", "mean").rows()]
    return f"{rounds:,} rounds: {', '.join(told)}"


def _caption(table: pl.DataFrame, measure: Measure) -> str:
    counts = table.get_column("seeds").to_list()
    fewest, most = min(counts), max(counts)
    seeds = f"{most}" if fewest == most else f"{fewest} to {most}"
    unit = "What was shown is truly worth so much a round, in the mean since the start."
    if measure == "normalised_regret":
        unit = "What was missed since the start, over what an even draw misses: 0 is the best candidate in every round."
    band = "Bands: 95 % interval of the mean over seeds (Student's t)." if most > 1 else "One seed: no bands."
    return f"{unit} Lines: mean over n = {seeds} seeds. {band}"
