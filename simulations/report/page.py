"""One page that holds everything: figures, tables, styles and Plotly itself. It asks no network for anything."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bandit.errors import BadInput
from simulations.evaluation.evaluated import Evaluated
from simulations.report import markup
from simulations.report.contributions import Contributions
from simulations.report.curves import policies
from simulations.report.figure import Figure
from simulations.report.inputs import Part
from simulations.report.markup import About
from simulations.report.sections import Section, evaluation, model, world_by_world
from simulations.running import whole
from simulations.running.results import Results


class PlotlyMissing(Exception):
    """Plotly is not installed. The message says how to get it."""


@dataclass(frozen=True, slots=True)
class Report:
    """Sections under three headings. Of the same parts it is the same page, to the byte."""

    about: About
    told: tuple[tuple[str, str], ...]  # what was run, each with its name
    policies: tuple[str, ...]  # in the order of their colours
    simulations: tuple[Section, ...]
    evaluations: tuple[Section, ...]
    models: tuple[Section, ...]

    @property
    def figures(self) -> tuple[Figure, ...]:
        """All figures, in the page's order."""
        sections = (*self.simulations, *self.evaluations, *self.models)
        return tuple(figure for section in sections for figure in section.figures)

    def html(self) -> str:
        """The page. Raises PlotlyMissing."""
        groups = {
            "Simulations": self.simulations,
            "Off-policy evaluation": self.evaluations,
            "What models go by": self.models,
        }
        return markup.page(self.about.title, self.told, groups, self.policies, _plotly())

    def write(self, path: Path | str) -> None:
        """Write the page: all of it, or nothing. Raises PlotlyMissing."""
        page = self.html()
        with whole.writing(Path(path)) as draft:
            draft.write_text(page, encoding="utf-8")


def report(*parts: Part, reference: str | None = None, about: About = About()) -> Report:  # noqa: B008 - frozen
    """Simulations, evaluations and contributions of features as a page and its figures.

    reference  policy that others are compared with; None: the even draw if it ran, else the first by name

    Raises BadInput where there is nothing to report, or the reference did not run.
    """
    simulated = [part for part in parts if isinstance(part, Results)]
    evaluated = [part for part in parts if isinstance(part, Evaluated)]
    spoken = [part for part in parts if isinstance(part, Contributions)]
    if not parts or any(part.table.is_empty() for part in simulated):
        raise BadInput("#/results", "bound", "there is nothing to report")
    names = sorted({name for part in simulated for name in policies(part)})
    chosen = _reference(names, reference)
    return Report(
        about=about,
        told=(*markup.told(about), *_ran(simulated), *_looked_at(evaluated)),
        policies=tuple(names),
        simulations=tuple(section for part in simulated for section in world_by_world(part, chosen)),
        evaluations=tuple(evaluation(part, i) for i, part in enumerate(evaluated, 1)),
        models=tuple(model(part, i) for i, part in enumerate(spoken, 1)),
    )


def _reference(names: Sequence[str], wanted: str | None) -> str:
    if wanted is not None and wanted not in names:
        there = ", ".join(names) or "none"
        raise BadInput("#/reference", "unknown", f"no policy {wanted!r} in the results; there are {there}")
    return wanted or ("uniform" if "uniform" in names else next(iter(names), ""))


def _ran(simulated: Sequence[Results]) -> list[tuple[str, str]]:
    """What was simulated."""
    told = []
    for part in simulated:
        seeds = sorted(part.table.get_column("seed").unique())
        told.append(
            ("simulated", f"{len(part.ends()):,} runs in {part.table.get_column('environment').n_unique()} worlds")
        )
        told.append(("seeds", _listed(seeds)))
    return told


def _looked_at(evaluated: Sequence[Evaluated]) -> list[tuple[str, str]]:
    return [("evaluated", f"{part.target} on {part.log}, seed {part.seed}") for part in evaluated]


def _listed(seeds: Sequence[int]) -> str:
    """Seeds in short.

    >>> _listed([1, 2, 3, 4]), _listed([1, 5])
    ('1 to 4', '1, 5')
    """
    if len(seeds) > 2 and seeds[-1] - seeds[0] == len(seeds) - 1:
        return f"{seeds[0]} to {seeds[-1]}"
    return ", ".join(map(str, seeds))


def _plotly() -> str:
    """Plotly's own library, all of it."""
    try:
        from plotly.offline import get_plotlyjs  # noqa: PLC0415
    except ModuleNotFoundError:
        raise PlotlyMissing("a page with figures needs Plotly: pip install 'adbandit[report]'") from None
    library: str = get_plotlyjs()
    return library
