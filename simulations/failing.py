"""How a command says that it cannot."""

from __future__ import annotations

from typing import NoReturn

import typer


def fail(reason: str) -> NoReturn:
    """One line on standard error, and exit status 1."""
    typer.echo(f"adbandit: {reason}", err=True)
    raise typer.Exit(1)
