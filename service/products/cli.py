"""The commands `adbandit products import` and `adbandit products export`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import Progress
from rich.table import Table

from bandit.errors import BadInput
from service import settings, wiring
from service.catalogs import Catalogs
from service.commanding import installation, refusals
from service.products import exporting
from service.products.faults import Faults
from service.products.feeds import opening
from service.products.feeds.opening import Format
from service.products.importing import Imported, Refused, import_feed
from service.products.terms import terms
from service.store.products import ProductStore

app = typer.Typer(no_args_is_help=True, add_completion=False)
products = typer.Typer(no_args_is_help=True, help="The shop's products.")
app.add_typer(products, name="products")

TOLD_EVERY = 1_000  # rows between two steps of the bar

Data = Annotated[Path | None, typer.Option(help="Folder for everything kept on this machine.")]
RedisUrl = Annotated[str | None, typer.Option(help="A Redis or Valkey instead of the embedded one.")]
OfFormat = Annotated[Format | None, typer.Option(help="Default: by the file's name, else by how it begins.")]


@products.command("import")
def import_products(
    feed: Annotated[str, typer.Argument(metavar="FILE|URL", help="A feed; may be compressed with gzip.")],
    *,
    format: OfFormat = None,
    replace: Annotated[bool, typer.Option("--replace/--update", help="Whether products not in it go.")] = True,
    force: Annotated[bool, typer.Option(help="Take it though it is empty, cut off or mostly bad.")] = False,
    data: Data = None,
    redis_url: RedisUrl = None,
) -> None:
    """Put the products of a feed in force. The service may run meanwhile, and shows them within a second.

    Exit status 0: all rows were kept. 1: the good ones were; the others are named by row and field. 2: none was.
    """
    with (
        _refusals(),
        installation(data, redis_url=redis_url) as (chosen, store),
        opening.opened(feed) as source,
        _progress() as bar,
    ):
        kind = format or opening.format_of(feed, source)
        task = bar.add_task("rows", total=None)

        def advance(count: int) -> None:
            if count % TOLD_EVERY == 0:
                bar.update(task, completed=count)

        found = import_feed(
            opening.read(source, kind),
            ProductStore(store),
            terms(Catalogs(store).current(), settings.hosts_of(chosen)),
            wiring.clock(),
            replace=replace,
            force=force,
            progress=advance,
        )
    typer.echo(_summary(found))
    _show(found.faults)
    raise typer.Exit(1 if found.faults.count or found.cut else 0)


@products.command("export")
def export_products(
    file: Annotated[Path, typer.Argument(help="Comes to be only when all is written.")],
    *,
    format: OfFormat = None,
    data: Data = None,
    redis_url: RedisUrl = None,
) -> None:
    """Write all products as a feed; to import it again changes nothing."""
    with _refusals(), installation(data, redis_url=redis_url) as (_, store):
        kind = format or opening.by_name(str(file))
        if kind is None:
            raise BadInput("#/format", "missing", f"{file.name} does not end in .{', .'.join(Format)}; give --format")
        draft = file.with_name(file.name + ".draft")
        with draft.open("wb") as sink:
            count = exporting.write(exporting.products(ProductStore(store)), sink, kind)
        draft.replace(file)
    typer.echo(f"{count} products written to {file}")


def _summary(found: Imported) -> str:
    cut = f"; the rest could not be read: {found.cut}" if found.cut else ""
    counts = f"{found.kept} products kept, {found.removed} removed, {found.faults.count} rows left out"
    return f"{found.rows} rows read: {counts}; version {found.version}{cut}"


def _show(faults: Faults) -> None:
    if not faults.count:
        return
    table = Table("row", "field", "fault", title="left out", title_justify="left")
    for fault in faults.shown:
        table.add_row(str(fault.row), fault.field, escape(_printable(fault.detail)))
    console = Console(stderr=True)
    console.print(table)
    if faults.count > len(faults.shown):
        console.print(f"and {faults.count - len(faults.shown)} more")


def _printable(text: str) -> str:
    return "".join(letter if letter.isprintable() else "?" for letter in text)


def _progress() -> Progress:
    console = Console(stderr=True)
    return Progress(console=console, transient=True, disable=not console.is_terminal)


@contextmanager
def _refusals() -> Iterator[None]:
    with refusals():
        try:
            yield
        except Refused as fault:
            typer.echo(f"adbandit: nothing was changed: {fault.detail}; --force takes the good rows", err=True)
            _show(fault.faults)
            raise typer.Exit(2) from None


if __name__ == "__main__":
    app()
