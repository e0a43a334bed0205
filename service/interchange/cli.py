"""The commands `adbandit catalog import` and `adbandit catalog export`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from bandit.catalog import KINDS
from bandit.errors import BadInput
from service import settings
from service.catalogs import Catalogs
from service.commanding import installation, refusals
from service.interchange import sheets
from service.interchange.applying import Applied, apply
from service.interchange.items import Given, items, whole
from service.settings import Settings

app = typer.Typer(no_args_is_help=True, add_completion=False)
catalog = typer.Typer(no_args_is_help=True, help="What can be shown: policies, placements, campaigns, templates.")
app.add_typer(catalog, name="catalog")

MOST = 64 * 1024**2  # bytes of a file


class Kind(StrEnum):
    POLICIES = "policies"
    PLACEMENTS = "placements"
    CAMPAIGNS = "campaigns"
    TEMPLATES = "templates"


OfKind = Annotated[Kind | None, typer.Option(help="What a table has; default: as the file is called.")]
Data = Annotated[Path | None, typer.Option(help="Folder for everything kept on this machine.")]
RedisUrl = Annotated[str | None, typer.Option(help="A Redis or Valkey instead of the embedded one.")]


@catalog.command("import")
def import_catalog(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help=".yaml, .json, or .csv of one kind.")],
    *,
    kind: OfKind = None,
    replace: Annotated[
        bool | None, typer.Option("--replace/--update", help="Whether what is not in it goes; default: not of a table.")
    ] = None,
    data: Data = None,
    redis_url: RedisUrl = None,
) -> None:
    """Put the items of a file in force, as one version.

    Exit status 0: all of them. 1: the good ones; the others are named by row and field. 2: none.
    """
    with refusals():
        given, kinds = _read(file, kind)
        going = kinds if (replace if replace is not None else file.suffix != ".csv") else frozenset[str]()
        with _catalogs(data, redis_url) as (chosen, catalogs):
            found = apply(given, catalogs, settings.hosts_of(chosen), replace=going)
    typer.echo(_summary(found))
    _show(found)
    raise typer.Exit(1 if found.faults else 0)


@catalog.command("export")
def export_catalog(
    file: Annotated[Path, typer.Argument(help=".yaml, .json, or .csv of one kind; comes to be when all is written.")],
    *,
    kind: OfKind = None,
    data: Data = None,
    redis_url: RedisUrl = None,
) -> None:
    """Write what is in force."""
    with refusals():
        with _catalogs(data, redis_url) as (_, catalogs):
            current = catalogs.current()
        if file.suffix == ".csv":
            name = _kind(file, kind)
            written = sheets.write(name, getattr(current, name)).encode()
        elif file.suffix == ".json":
            written = msgspec.json.format(msgspec.json.encode(whole(current)), indent=2) + b"\n"
        elif file.suffix in (".yaml", ".yml"):
            written = msgspec.yaml.encode(whole(current))
        else:
            raise BadInput("#/file", "unknown", f"{file.name} does not end in .yaml, .json or .csv")
        draft = file.with_name(file.name + ".draft")
        draft.write_bytes(written)
        draft.replace(file)
    typer.echo(f"version {current.version} written to {file}")


def _read(file: Path, kind: Kind | None) -> tuple[list[Given], frozenset[str]]:
    """The items of a file, and the kinds it is about."""
    content = file.read_bytes()
    if len(content) > MOST:
        raise BadInput("#/file", "bound", f"{file} has more than {MOST} bytes")
    try:
        if file.suffix == ".csv":
            name = _kind(file, kind)
            return sheets.read(name, content.decode("utf-8-sig")), frozenset({name})
        return items(msgspec.yaml.decode(content)), frozenset(KINDS)  # JSON is YAML
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as fault:
        raise BadInput("#/file", "type", f"{file}: {fault}") from None


def _kind(file: Path, kind: Kind | None) -> str:
    name = kind.value if kind else file.stem
    if name not in KINDS:
        raise BadInput("#/kind", "missing", f"{file.name} is not called after a kind; give --kind {'|'.join(KINDS)}")
    return name


def _summary(found: Applied) -> str:
    verb = "in force now" if found.changed else "in force as before"
    return f"{found.kept} items taken, {len(found.faults)} left out; version {found.version} is {verb}"


def _show(found: Applied) -> None:
    if found.faults:
        table = Table("kind", "row", "field", "fault", title="left out", title_justify="left")
        for fault in found.faults:
            table.add_row(fault.kind, str(fault.row), escape(fault.field), escape(fault.detail))
        Console(stderr=True).print(table)


@contextmanager
def _catalogs(data: Path | None, redis_url: str | None) -> Iterator[tuple[Settings, Catalogs]]:
    with installation(data, redis_url=redis_url) as (chosen, store):
        yield chosen, Catalogs(store, settings.hosts_of(chosen))


if __name__ == "__main__":
    app()
