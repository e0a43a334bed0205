"""The parts of a page: a world, an evaluation, a model; each with its figures and its tables."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from typing import NamedTuple

from simulations.evaluation.evaluated import Evaluated
from simulations.report import tables
from simulations.report.calibration import calibration
from simulations.report.contributions import Contributions
from simulations.report.curves import curves
from simulations.report.figure import Figure
from simulations.report.forest import forest
from simulations.report.speaking import speaking
from simulations.report.weights import weights
from simulations.running.results import Results

_VERDICTS = {
    "answers": "The log can answer.",
    "weak": "Weak: read why before you read the numbers.",
    "refused": "Refused: this log cannot answer for this target.",
}


class Section(NamedTuple):
    """A heading with figures below it."""

    title: str
    figures: tuple[Figure, ...]
    before: str = ""  # HTML above the figures
    after: str = ""  # HTML below them


def world_by_world(results: Results, reference: str) -> Iterator[Section]:
    """Each world of the results, its policies compared with the reference."""
    names = results.table.get_column("environment").unique(maintain_order=True)
    drawn = zip(names, curves(results, "reward"), curves(results, "normalised_regret"), strict=True)
    for world, *figures in drawn:
        lost = int(results.ends().filter(environment=world).get_column("lost").sum())
        told = f"<p>{lost:,} requests were lost: decisions without an answer, clicks not taken.</p>" if lost else ""
        yield Section(world, tuple(figures), after=tables.standings(results, world, reference) + told)


def evaluation(found: Evaluated, number: int) -> Section:
    """One target policy on one log; where the log cannot answer, this and why.

    number  of the evaluation in its report
    """
    verdict = escape(found.verdict)
    reasons = "".join(f"<li>{escape(reason)}</li>" for reason in found.reasons)
    made = f"<p>Made by <code>{escape(found.command)}</code></p>" if found.command else ""
    drawn = ((forest, found.estimates), (weights, found.weights), (calibration, found.calibration))
    return Section(
        f"{found.target} on {found.log}",
        tuple(draw(found, number) for draw, known in drawn if known),
        before=f'<p class="verdict {verdict}">{_VERDICTS.get(found.verdict, verdict)}</p>'
        + (f"<ul>{reasons}</ul>" if reasons else ""),
        after=tables.estimates(found) + tables.diagnostics(found) + made,
    )


def model(found: Contributions, number: int) -> Section:
    """What one model goes by."""
    return Section(found.model, (speaking(found, number),), after=tables.features(found))
