"""The command that proves it: `adbandit verify`."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import Progress
from rich.table import Table

from bandit.errors import AdbanditError, BadInput
from service import settings, wiring
from service.embedded import NotStarted
from service.processes import FolderInUse
from service.store.opened import store_of
from service.verify.verdicts import Check, Verdict, as_json
from service.verify.verifying import Told, policies, verify

app = typer.Typer(no_args_is_help=True, add_completion=False)


@app.command("verify")
def verify_all(
    *,
    data: Annotated[Path | None, typer.Option(help="Folder for everything kept on this machine.")] = None,
    policy: Annotated[list[str] | None, typer.Option(help="Only this one; may be given again.")] = None,
    json: Annotated[Path | None, typer.Option(help="Where to write everything found; - for standard output.")] = None,
    recompute: Annotated[bool, typer.Option(help="Score every decision again: the longest part.")] = True,
) -> None:
    """Prove from archive and Redis that the model, the probabilities and the draws are what they must be.

    Exit status 0: all holds. 1: something does not, and the first difference of each check is shown. 2: it could not
    be looked at. The service may run meanwhile.
    """
    try:
        verdicts = _verdicts(settings.read({"data": data}), policy, recompute)
    except (AdbanditError, FolderInUse, NotStarted, OSError) as fault:
        typer.echo(f"adbandit: {fault}", err=True)
        raise typer.Exit(2) from None
    if json == Path("-"):
        sys.stdout.buffer.write(as_json(verdicts))
    else:
        if json:
            json.write_bytes(as_json(verdicts))
        _show(verdicts, Console())
    raise typer.Exit(0 if all(verdict.holds for verdict in verdicts) else 1)


def _verdicts(chosen: settings.Settings, wanted: list[str] | None, recompute: bool) -> list[Verdict]:
    if not chosen.data.is_dir():
        raise BadInput("#/settings/data", "unknown", f"there is no folder {chosen.data}")
    archive = chosen.data / "archive"
    console = Console(stderr=True)
    with (
        store_of(chosen, wiring.pause) as store,
        Progress(console=console, transient=True, disable=not console.is_terminal) as bar,
    ):
        known = policies(store, archive)
        if unknown := sorted(set(wanted or ()) - set(known)):
            raise BadInput(
                "#/policy", "unknown", f"there is no policy {', '.join(unknown)}; there is {', '.join(known)}"
            )
        verdicts = []
        for policy in wanted or known:
            task = bar.add_task(f"{policy}: decisions", total=None)
            began = wiring.elapsed()
            verdict = verify(store, archive, policy, Told(recompute, partial(bar.advance, task)))
            verdict.seconds = round(wiring.elapsed() - began, 2)
            verdicts.append(verdict)
    return verdicts


def _show(verdicts: list[Verdict], console: Console) -> None:
    for verdict in verdicts:
        title = f"policy {verdict.policy}, model version {verdict.version}, {verdict.outcomes} decisions archived"
        table = Table(title=f"{title}, {verdict.seconds:.1f} s", title_justify="left")
        for column in ("check", "", "looked at", "first difference"):
            table.add_column(column, overflow="fold")
        for check in verdict.checks:
            table.add_row(check.name, _mark(check), f"{check.looked_at} {check.of}", escape(_first(check)))
        console.print(table)
        for note in verdict.notes:
            console.print(f"  note: {escape(note)}")
    broken = [verdict.policy for verdict in verdicts if not verdict.holds]
    console.print(f"[red]does not hold: {', '.join(broken)}[/red]" if broken else "[green]all holds[/green]")


def _mark(check: Check) -> str:
    if check.skipped:
        return "[yellow]skipped[/yellow]"
    return "[green]holds[/green]" if check.holds else f"[red]{check.differences} differ[/red]"


def _first(check: Check) -> str:
    if check.skipped:
        return check.skipped
    return str(check.first) if check.first else ""


if __name__ == "__main__":
    app()
