"""The commands `adbandit backup` and `adbandit restore`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bandit.errors import BadInput
from service import settings, wiring
from service.backup.making import Manifest, back_up
from service.backup.restore import restore
from service.commanding import refusals
from service.store.opened import store_of

app = typer.Typer(no_args_is_help=True, add_completion=False)

Data = Annotated[Path | None, typer.Option(help="Folder for everything kept on this machine.")]


@app.command("backup")
def backup_all(
    to: Annotated[Path, typer.Argument(help="A new folder, or a new file: .tar, .tar.gz or .tgz.")],
    *,
    data: Data = None,
    secrets: Annotated[bool, typer.Option(help="With the secret that ids and links were signed with.")] = True,
) -> None:
    """Copy models, catalogs, log and archive as they are at one moment. The service may run meanwhile.

    Keep it where only its owner can read: with the secret anybody can sign ids, and without it none of before is known.
    """
    with refusals():
        chosen = settings.read({"data": data})
        if not chosen.data.is_dir():  # whatever Redis is used
            raise BadInput("#/settings/data", "unknown", f"there is no folder {chosen.data}")
        with store_of(chosen, wiring.pause) as store:
            made = back_up(chosen, store, to, wiring.clock(), secrets=secrets)
    typer.echo(f"{to}: {_summary(made)}")
    if secrets and "secret.key" not in made.secrets:
        typer.echo("the secret is not in it: the data folder has none, so keep ADBANDIT_SECRET", err=True)


@app.command("restore")
def restore_all(
    source: Annotated[Path, typer.Argument(exists=True, help="What `adbandit backup` made.")],
    *,
    data: Data = None,
    redis_url: Annotated[
        str | None, typer.Option(help="A Redis or Valkey to restore into, which has no policy.")
    ] = None,
) -> None:
    """Make a data folder from a backup, once every checksum in it was found right; then start it with `adbandit up`."""
    with refusals():
        chosen = settings.read({"data": data, "redis_url": redis_url})
        put_back = restore(source, chosen)
    typer.echo(f"{chosen.data}: {_summary(put_back)}")


def _summary(manifest: Manifest) -> str:
    models = ", ".join(f"{name} at version {part.version}" for name, part in sorted(manifest.policies.items()))
    size = sum(part.size for part in manifest.files.values()) / 1e6
    return f"{len(manifest.files)} files, {size:.1f} MB, of {manifest.made}; {models or 'no policy'}"


if __name__ == "__main__":
    app()
