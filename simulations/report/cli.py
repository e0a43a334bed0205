"""The command `report`."""

from __future__ import annotations

import shlex
import sys
from enum import StrEnum
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer

from bandit.errors import AdbanditError
from simulations.failing import fail

app = typer.Typer(no_args_is_help=True, add_completion=False)


class Format(StrEnum):
    PNG = "png"
    SVG = "svg"


@app.callback()
def root() -> None:
    """Show what simulations and evaluations found."""


@app.command()
def report(
    results: Annotated[
        list[Path] | None,
        typer.Argument(help="Parquet of `simulate`, JSON of `evaluate`; as many as there are."),
    ] = None,
    *,
    html: Annotated[Path | None, typer.Option(help="File for the page; it needs no network.")] = None,
    figures: Annotated[Path | None, typer.Option(help="Folder for figures as files; needs Chromium.")] = None,
    format: Annotated[Format, typer.Option(help="Of figures as files.")] = Format.PNG,
    title: Annotated[str, typer.Option(help="What the page is called.")] = "Report",
    reference: Annotated[
        str | None, typer.Option(help="Policy others are compared with. Default: uniform, else the first by name.")
    ] = None,
    explain: Annotated[
        tuple[str, str] | None,
        typer.Option(metavar="WORLD ENGINE", help="Show what an engine goes by that learned there; or DATA POLICY."),
    ] = None,
    rounds: Annotated[int, typer.Option(min=1, help="That it learns before it is explained.")] = 2_000,
    cache: Annotated[
        Path | None, typer.Option(help="Where data is kept. Default: .cache/adbandit in the home folder.")
    ] = None,
    date: Annotated[str | None, typer.Option(help="Date to stand on the page; none is looked up.")] = None,
) -> None:
    """Make a page, or figures for print, of simulations and evaluations."""
    from simulations import worlds  # noqa: PLC0415 - `--help` is to be quick
    from simulations.report.explained import explain as explained  # noqa: PLC0415
    from simulations.report.explained import explain_archived  # noqa: PLC0415
    from simulations.report.images import CannotDraw, write_images  # noqa: PLC0415
    from simulations.report.inputs import read_parts  # noqa: PLC0415
    from simulations.report.markup import About  # noqa: PLC0415
    from simulations.report.page import PlotlyMissing  # noqa: PLC0415
    from simulations.report.page import report as made_of  # noqa: PLC0415
    from simulations.sources import wheels  # noqa: PLC0415

    if html is None and figures is None:
        fail("nothing to write: give --html or --figures")
    about = About(title, shlex.join(["adbandit", *sys.argv[1:]]), version("adbandit"), date)
    try:
        parts = read_parts(results or [])
        if explain is not None:
            where, whose = explain
            if where not in worlds.WORLDS and Path(where).is_dir():
                parts.append(explain_archived(Path(where), whose))
            else:
                parts.append(explained(where, whose, rounds=rounds, cache=cache or wheels.default_cache()))
        made = made_of(*parts, reference=reference, about=about)
        if html is not None:
            made.write(html)
            typer.echo(f"wrote {html} ({html.stat().st_size / 1e6:.1f} MB)")
        if figures is not None:
            written = write_images(made.figures, figures, format.value)
            typer.echo(f"wrote {len(written)} figures to {figures}")
    except (AdbanditError, CannotDraw, PlotlyMissing, worlds.UnknownName, wheels.Unavailable, OSError) as fault:
        fail(str(fault))


if __name__ == "__main__":
    app()
