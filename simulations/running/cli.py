"""The command `simulate`."""

from __future__ import annotations

from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer
from rich.console import Console

from bandit.errors import BadInput
from simulations import worlds
from simulations.demo.started import NotStarted
from simulations.failing import fail
from simulations.running import closed_loop, experiment
from simulations.running.executors import NoCluster
from simulations.running.experiment import Experiment
from simulations.running.results import Results
from simulations.running.standing import listing, tables
from simulations.simulate import TABLE, OtherCode, simulate_all
from simulations.sources import wheels

app = typer.Typer(no_args_is_help=True, add_completion=False)

FOLDER = Path("results")  # holds a folder an experiment, called as its file
INTERRUPTED = 130  # exit status after Ctrl-C, as shells have it
WIDTH = 120  # of tables that are not for a terminal

_LEGEND = "± at 95 %, over seeds; regret: 0 had every round's best been shown, 1 for an even draw"

_EXPECTED = (
    worlds.UnknownName,
    wheels.Unavailable,
    BadInput,
    NoCluster,
    OtherCode,
    NotStarted,
    closed_loop.NotServed,
    OSError,
)


@app.callback()
def root() -> None:
    """Simulate policies in worlds whose truth is known."""


@app.command()
def simulate(
    file: Annotated[Path | None, typer.Argument(help="YAML; options take its place.")] = None,
    *,
    environments: Annotated[str | None, typer.Option(help="Separated by commas; --list tells which there are.")] = None,
    policies: Annotated[str | None, typer.Option(help="Separated by blanks; name:part=value changes a config.")] = None,
    rounds: Annotated[int | None, typer.Option(help="Of each run; of a data set one pass at most.")] = None,
    seeds: Annotated[str | None, typer.Option(help="How many, from 1; or which, separated by commas.")] = None,
    delay: Annotated[int | None, typer.Option(help="Rounds a reward waits before it is learned.")] = None,
    reference: Annotated[str | None, typer.Option(help="What others are compared with; default: the first.")] = None,
    service: Annotated[
        str | None, typer.Option(help="Measure a running service, by its address; or start one for each run: start.")
    ] = None,
    every: Annotated[
        int | None, typer.Option(help="Rounds after which a run waits until the service has learned them.")
    ] = None,
    workers: Annotated[int | None, typer.Option(min=1, max=1_024, help="Processes. Default: one a processor.")] = None,
    cluster: Annotated[str | None, typer.Option(help="Dask scheduler to use instead, as tcp://host:8786.")] = None,
    folder: Annotated[
        Path | None, typer.Option(help="Where runs and their table are kept. Default: results/ and the file's name.")
    ] = None,
    parquet: Annotated[Path | None, typer.Option(help="File for the table, beside the one in the folder.")] = None,
    cache: Annotated[
        Path | None, typer.Option(help="Where data is kept. Default: .cache/adbandit in the home folder.")
    ] = None,
    listed: Annotated[bool, typer.Option("--list", help="Print worlds and policies, and do nothing else.")] = False,
    catalog: Annotated[str | None, typer.Option(help="Print this world's catalog, for a service to run with.")] = None,
) -> None:
    """Have policies choose in worlds, each with several seeds, and print what they earn. What is done is kept."""
    if listed:
        typer.echo(listing())
        return
    given = {
        "environments": environments.split(",") if environments else None,
        "policies": policies.split() if policies else None,
        "rounds": rounds,
        "seeds": _seeds(seeds),
        "delay": delay,
        "reference": reference,
        "service": service,
        "every": every,
    }
    try:
        if catalog is not None:
            typer.echo(_catalog(catalog, cache or wheels.default_cache()))
            return
        asked = _experiment(file, {name: value for name, value in given.items() if value is not None})
        kept = folder or (FOLDER / file.stem if file else None)
        against = asked.compared_with
        found = simulate_all(asked.jobs(), workers=workers, cluster=cluster, folder=kept, cache=cache)
        if parquet is not None:
            found.write(parquet)
    except _EXPECTED as fault:
        fail(" ".join([str(fault), *_notes(fault)]))
    except BrokenProcessPool:
        fail(f"a worker process was killed, perhaps for want of memory; {_resume(file, folder)}")
    except KeyboardInterrupt:
        typer.echo(f"adbandit: stopped; {_resume(file, folder)}", err=True)
        raise typer.Exit(INTERRUPTED) from None
    _tell(found, against, kept, parquet)


def _experiment(file: Path | None, given: dict[str, Any]) -> Experiment:
    """The experiment of a file, of options, or of both. Raises BadInput."""
    written = (experiment.read(file) if file else {}) | given
    if "service" in given and closed_loop.SERVICE not in (named := written.get("policies", [])):
        written["policies"] = [*named, closed_loop.SERVICE]
    try:
        return experiment.checked(written, origin=str(file or ""))
    except BadInput as fault:
        if file is None:
            wanted = "name an experiment's file, or give --environments, --policies and --rounds"
            raise BadInput(fault.pointer, fault.code, f"{fault.detail}; {wanted}") from None
        raise


def _seeds(text: str | None) -> int | list[int] | None:
    if text is None:
        return None
    numbers = text.split(",")
    if not all(number.strip().isdecimal() for number in numbers):
        fail(f"--seeds: {text!r} is neither a number nor numbers separated by commas")
    return int(text) if len(numbers) == 1 else [int(number) for number in numbers]


def _catalog(world: str, cache: Path) -> str:
    written = closed_loop.catalog(worlds.world(world, 1, cache))
    return msgspec.json.format(msgspec.json.encode(written)).decode()


def _tell(found: Results, reference: str, folder: Path | None, parquet: Path | None) -> None:
    console = Console()
    console = console if console.is_terminal else Console(width=WIDTH)
    for drawn in tables(found, reference):
        console.print(drawn)
    console.print(_LEGEND, highlight=False)
    for path in (folder / TABLE if folder else None, parquet):
        if path is not None:
            typer.echo(f"every curve is in {path}")


def _notes(fault: BaseException) -> list[str]:
    return [f"({note})" for note in getattr(fault, "__notes__", ())]


def _resume(file: Path | None, folder: Path | None) -> str:
    return "finished runs are kept, so run it again" if file or folder else "nothing is kept without --folder"


if __name__ == "__main__":
    app()
