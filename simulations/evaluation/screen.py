"""What an evaluation says, as tables for people."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from bandit.estimators.selection import Selection
from bandit.estimators.single_slot import SINGLE_SLOT, UNCOVERED
from simulations.evaluation.evaluated import Estimate, Evaluated

COLOURS = {"answers": "green", "weak": "yellow", "refused": "red"}
TITLES = {name: estimator.title for name, estimator in SINGLE_SLOT.items()} | {
    "replay": "rejection sampling",
    "standard": "whole pages (SIPS)",
    "independent": "slots by themselves (IIPS)",
    "position_based": "examination times appeal (PBM)",
    "reward_interaction": "reward interaction (RIPS)",
    "cascade_dr": "cascade doubly robust",
}


def shown(found: Evaluated) -> RenderableType:
    """Estimates, diagnostics and verdict."""
    return Group(_heading(found), _estimates(found), _diagnostics(found), *_verdict(found))


def _heading(found: Evaluated) -> Text:
    counts = f"{found.rounds:,} rounds, {found.decisions:,} decisions, {found.actions:,} actions"
    return Text(f"{found.target} on {found.log}: {counts}", style="bold")


def _estimates(found: Evaluated) -> Table:
    drawn = Table(title=f"mean reward a {found.unit}", title_justify="left")
    drawn.add_column("estimator")
    for heading in ("value", f"{found.level:.0%} interval", "of logged"):
        drawn.add_column(heading, justify="right")
    drawn.add_column("method")
    drawn.add_column("")
    known = [("logged", found.logged, "what the log itself earned")]
    known += [("truth", found.truth, "what the target is known to earn")] if found.truth else []
    for name, estimate, title in known:
        drawn.add_row(name, *_cells(estimate, None), estimate.method, title)
    drawn.add_section()
    for name, estimate in found.estimates.items():
        cells = _cells(estimate, found.relative.get(name))
        method = f"{estimate.method} *" if name in UNCOVERED else estimate.method
        drawn.add_row(name, *cells, method, TITLES.get(name, ""))
    if UNCOVERED.intersection(found.estimates):
        drawn.caption = "* promises nothing: it knows neither a model's error nor that a parameter was chosen"
        drawn.caption_justify = "left"
    return drawn


def _cells(estimate: Estimate, relative: float | None) -> tuple[str, str, str]:
    interval = "" if estimate.low is None else f"{estimate.low:.6g} to {_number(estimate.high)}"
    return _number(estimate.value), interval, "" if relative is None else f"{relative:.4g}"


def _diagnostics(found: Evaluated) -> Table:
    drawn = Table(title="diagnostics", title_justify="left", show_header=False)
    drawn.add_column()
    drawn.add_column(justify="right")
    drawn.add_column()
    unsupported = "not known" if found.unsupported_mass is None else f"{found.unsupported_mass:.2%}"
    rows = [
        ("mean weight", _number(found.mean_weight), "1 up to chance, if the log's probabilities are right"),
        ("effective sample size", _number(found.ess), "rounds of equal weight that know as much"),
        ("largest weight", _number(found.max_weight), ""),
        ("mass without support", unsupported, "of what the target would show, never served"),
        ("control variate", _number(found.control_variate), "mean weighted residual of the reward model, or of 1"),
    ]
    rows += [("reward model", found.reward_model, "")] if found.reward_model else []
    for row in rows:
        drawn.add_row(*row)
    return drawn


def _verdict(found: Evaluated) -> Iterator[Text]:
    yield Text.assemble("verdict: ", (found.verdict, COLOURS.get(found.verdict, "")))
    for reason in found.reasons:
        yield Text(f"  {reason}")


def _number(value: float | None) -> str:
    return "none" if value is None else f"{value:.6g}"


def selected(found: Selection, level: float) -> RenderableType:
    """Every target's gain, and the winner."""
    drawn = Table(title="gain over what served the log, intervals hold for all together", title_justify="left")
    drawn.add_column("target")
    for heading in ("value", "gain", f"{level:.0%} interval"):
        drawn.add_column(heading, justify="right")
    for one in found.compared:
        drawn.add_row(one.name, f"{one.value:.6g}", f"{one.gain:+.6g}", f"{one.low:+.6g} to {one.high:+.6g}")
    told = [Text(f"  {name}: refused: {'; '.join(reasons)}") for name, reasons in found.refused.items()]
    if found.winner is None or found.value is None or found.gain is None:
        return Group(drawn, *told, Text("no target surely beats what served the log"))
    value, gain = found.value, found.gain
    winner = f"{found.winner} earns {value.value:.6g} ({value.low:.6g} to {value.high:.6g})"
    more = f"{gain.value:+.6g} ({gain.low:+.6g} to {gain.high:+.6g}) more than what served"
    return Group(drawn, *told, Text(f"{winner}, {more}; told from rounds that did not choose it", style="bold"))
