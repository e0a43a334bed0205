"""The commands that simulations add to `adbandit`: `demo` and `data movielens`."""

from __future__ import annotations

import signal
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.console import Console

from simulations.demo import play as demonstration
from simulations.demo.beside import SEEDS, beside
from simulations.demo.furnished import SETTINGS, furnish
from simulations.demo.screen import Screen, ending
from simulations.demo.started import NotStarted, NotTaken, started
from simulations.environments.audience import Audience
from simulations.environments.base import Environment
from simulations.environments.movielens import Movielens, read_ratings
from simulations.environments.shop import Shop
from simulations.failing import fail
from simulations.sources import ratings, wheels

app = typer.Typer(no_args_is_help=True, add_completion=False)
data_app = typer.Typer(no_args_is_help=True, help="Fetch data that worlds are made of.")
app.add_typer(data_app, name="data")

SHOPPERS = 600  # with an audience: a minute of traffic shows each of them about twelve ads
INTERRUPTED = 130  # exit status after Ctrl-C, as shells have it

Cache = Annotated[
    Path | None, typer.Option(help="Where ratings are kept. Default: .cache/adbandit in the home folder.")
]


class World(StrEnum):
    AUDIENCE = "shop-audience"
    SHOP = "shop"
    MOVIELENS = "movielens"


@app.command()
def demo(
    *,
    world: Annotated[
        World, typer.Option(help="The shops are made up; movielens is what real people liked.")
    ] = World.AUDIENCE,
    seconds: Annotated[float, typer.Option(min=0.1, max=86_400, help="Of traffic.")] = 60.0,
    rate: Annotated[float, typer.Option(min=0.1, max=2_000, help="Requests a second.")] = 150.0,
    seed: Annotated[int, typer.Option(min=0, max=2**63 - 1, help="Who comes, and what they like.")] = 1,
    json: Annotated[Path | None, typer.Option(help="File for the summary.")] = None,
    data: Annotated[Path | None, typer.Option(help="Folder the service keeps. Default: one that is removed.")] = None,
    keep: Annotated[bool, typer.Option("--keep", help="Leave the service up until Ctrl-C.")] = False,
    cache: Cache = None,
) -> None:
    """Start the service, send it shoppers, and watch it learn."""
    screen = Screen(Console())
    with _stoppable(), tempfile.TemporaryDirectory(prefix="adbandit-") as scratch:
        chosen = _world(world, seed, cache)
        screen.say(f"starting the service for world {world} ...")
        try:
            folder = data or Path(scratch) / "data"
            with (
                started(chosen.catalog(), folder, Path(scratch), settings=SETTINGS) as service,
                beside(seeds=SEEDS if isinstance(chosen, Audience) else 0) as compared,
            ):
                furnish(service, chosen, now=time.time(), seconds=seconds, rate=rate)
                screen.say(f"up at {service.url}: {rate:g} requests a second for {seconds:g} s")
                summary = demonstration.run(
                    service, chosen, screen, name=world, seed=seed, seconds=seconds, rate=rate, compared=compared
                )
                Console().print(ending(summary))
                if json is not None:
                    json.write_bytes(msgspec.json.format(msgspec.json.encode(summary)) + b"\n")
                if keep:
                    screen.say(f"still up at {service.url}; Ctrl-C stops it")
                    signal.pause()
        except (NotStarted, NotTaken) as fault:
            fail(str(fault))
    if summary.lost or summary.doubled:
        fail(f"{summary.lost} lost and {summary.doubled} doubled: the service's report is not what was sent")


@data_app.callback()
def data_root() -> None:
    """Fetch data that worlds are made of."""


@data_app.command("movielens")
def data_movielens(cache: Cache = None) -> None:
    """Fetch the 100,000 MovieLens ratings, check every byte, and keep them for `demo --world movielens`."""
    typer.echo(f"MovieLens-100K is in {_ratings(cache)}")


def _world(world: World, seed: int, cache: Path | None) -> Environment:
    if world is World.MOVIELENS:
        return Movielens(seed, read_ratings(_ratings(cache)))
    return Shop(seed) if world is World.SHOP else Audience(seed, shoppers=SHOPPERS)


def _ratings(cache: Path | None) -> Path:
    try:
        return ratings.ensure(cache or wheels.default_cache())
    except wheels.Unavailable as fault:
        fail(str(fault))


@contextmanager
def _stoppable() -> Iterator[None]:
    """Let Ctrl-C and SIGTERM end the block in order, everything in it stopped on the way out."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    except KeyboardInterrupt:
        raise typer.Exit(INTERRUPTED) from None
    finally:
        signal.signal(signal.SIGTERM, before)


if __name__ == "__main__":
    app()
