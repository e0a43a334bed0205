"""What commands share: an installation opened for them, and whatever is refused told in one line."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import typer

from bandit.errors import AdbanditError, BadInput
from service import settings, wiring
from service.embedded import NotStarted
from service.processes import FolderInUse
from service.settings import Settings
from service.store.commands import Store
from service.store.opened import store_of


@contextmanager
def installation(data: Path | None, **given: object) -> Iterator[tuple[Settings, Store]]:
    """An installation that is there, running or not.

    given  further options, as `settings.read` takes them

    Raises BadInput where there is no such folder and no Redis is named, and as `store_of`.
    """
    chosen = settings.read({"data": data, **given})
    if not chosen.redis_url and not chosen.data.is_dir():
        raise BadInput("#/settings/data", "unknown", f"there is no folder {chosen.data}")
    with store_of(chosen, wiring.pause) as store:
        yield chosen, store


@contextmanager
def refusals() -> Iterator[None]:
    """Exit status 2, and why on standard error, for what is raised on purpose."""
    try:
        yield
    except (AdbanditError, FolderInUse, NotStarted, OSError) as fault:
        typer.echo(f"adbandit: {fault}", err=True)
        raise typer.Exit(2) from None
