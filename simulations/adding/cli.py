"""The command `adds`: what profiles, matching products and fatigue each add, in paired simulations."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.console import Console

from simulations.adding import comparing
from simulations.adding.comparing import Added
from simulations.adding.screen import table
from simulations.running.executors import available

app = typer.Typer(no_args_is_help=True, add_completion=False)

INTERRUPTED = 130  # exit status after Ctrl-C, as shells have it
WIDTH = 100  # where there is no terminal


@app.callback()
def root() -> None:
    """Say what each part of the product adds."""


@app.command()
def adds(
    *,
    seeds: Annotated[int, typer.Option(min=1, max=1_000, help="Worlds to run in; each gives one difference.")] = 10,
    rounds: Annotated[int, typer.Option(min=1, max=10_000_000, help="Requests in each.")] = 8_000,
    workers: Annotated[int | None, typer.Option(min=1, max=256, help="Processes. Default: one a processor.")] = None,
    json: Annotated[Path | None, typer.Option(help="File for the differences.")] = None,
    lines: Annotated[bool, typer.Option("--lines", help="Print JSON instead, a line whenever a seed is done.")] = False,
) -> None:
    """Run the shop with an audience with and without profiles, products and fatigue, and print what each adds."""
    try:
        crew = workers or available()
        found = comparing.compare(seeds, rounds, workers=crew, told=_line if lines else lambda _: None)
    except KeyboardInterrupt:
        typer.echo("adbandit: stopped; nothing is kept", err=True)
        raise typer.Exit(INTERRUPTED) from None
    if not lines:
        console = Console()
        (console if console.is_terminal else Console(width=WIDTH)).print(table(found))
    if json is not None:
        json.write_bytes(msgspec.json.format(msgspec.json.encode(found)) + b"\n")


def _line(found: list[Added]) -> None:
    sys.stdout.write(msgspec.json.encode(found).decode() + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    app()
