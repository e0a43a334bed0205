"""The commands for who may come in: `keys add|list|revoke` and `secret rotate|drop-old`."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from bandit.errors import AdbanditError, BadInput
from service import settings, wiring
from service.access import keys as kept
from service.access import rotation
from service.access.keys import Key

keys = typer.Typer(no_args_is_help=True, help="API keys, and what each may do.")
secret = typer.Typer(no_args_is_help=True, help="The secret that signs ids and links.")

Data = Annotated[Path | None, typer.Option(help="Folder for everything kept on this machine.")]


class Role(StrEnum):
    DECIDE = "decide"
    REPORT = "report"
    ADMIN = "admin"


@keys.command("add")
def add(
    *,
    role: Annotated[Role, typer.Option(help="decide: decisions and events; report: reading; admin: everything.")],
    name: Annotated[str, typer.Option(help="Whose it is, for the list.")] = "",
    rate: Annotated[float | None, typer.Option(help="Requests a second; default: any.")] = None,
    data: Data = None,
) -> None:
    """Make a key. It is printed once, and kept as a digest only."""
    with _refusals():
        now = datetime.fromtimestamp(wiring.clock(), UTC).isoformat(timespec="seconds")
        text, key = kept.make(role.value, created_at=now, name=name, rate=rate)
        kept.change(settings.read({"data": data}).data, lambda others: others | {key.id: key})
    typer.echo(text)


@keys.command("list")
def show(*, data: Data = None) -> None:
    """Show every key's id, role, rate, time and name."""
    with _refusals():
        for key in (kept.read(settings.read({"data": data}).data) or {}).values():
            rate = "any rate" if key.rate is None else f"{key.rate:g}/s"
            typer.echo(f"{key.id}  {key.role:6}  {rate:>10}  {key.created_at}  {key.name}")


@keys.command("revoke")
def revoke(key_id: Annotated[str, typer.Argument(metavar="ID")], *, data: Data = None) -> None:
    """Refuse a key from now on: by its id, or by the key itself."""
    parts = key_id.split("_")
    wanted = parts[1] if len(parts) > 2 and parts[0] == kept.PREFIX else key_id

    def without(others: dict[str, Key]) -> dict[str, Key]:
        if wanted not in others:
            raise BadInput("#/key", "unknown", "there is no key of this id; `adbandit keys list` shows them")
        return {identifier: key for identifier, key in others.items() if identifier != wanted}

    with _refusals():
        kept.change(settings.read({"data": data}).data, without)
    typer.echo(f"{wanted} is revoked")


@secret.command("rotate")
def rotate(*, data: Data = None) -> None:
    """Sign with a new secret; what the old ones signed stays good. Users keep their pseudonyms."""
    with _refusals():
        folder, root = _root(data)
        rotation.rotate(folder, root, os.urandom, wiring.clock())
    typer.echo(f"a new secret signs in {rotation.AFTER_S:g} s; `adbandit secret drop-old` ends the old ones")


@secret.command("drop-old")
def drop_old(*, data: Data = None) -> None:
    """Refuse whatever was signed before the last rotation."""
    with _refusals():
        folder, root = _root(data)
        dropped = rotation.drop_old(folder, root, wiring.clock())
    typer.echo(f"{dropped} old secrets are refused from now on")


def _root(data: Path | None) -> tuple[Path, bytes]:
    chosen = settings.read({"data": data})
    if settings.given_secrets(chosen):
        detail = "secrets come from ADBANDIT_SECRET here; put the new one first in ADBANDIT_SIGNING_SECRETS"
        raise BadInput("#/settings/secret", "bound", detail)
    return chosen.data, settings.secret(chosen)


@contextmanager
def _refusals() -> Iterator[None]:
    try:
        yield
    except (AdbanditError, OSError) as fault:
        typer.echo(f"adbandit: {fault}", err=True)
        raise typer.Exit(2) from None
