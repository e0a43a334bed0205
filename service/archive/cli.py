"""The commands that turn the archive into other tools' logs and back: `export` and `import`."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, BinaryIO

import typer
from rich.console import Console
from rich.progress import Progress

from bandit.archive.archived import Archived
from bandit.config import Learning, vw_arguments
from bandit.dsjson.write import Writer
from bandit.errors import AdbanditError, BadInput
from service import settings
from service.archive.importing import Report, import_dsjson

app = typer.Typer(no_args_is_help=True, add_completion=False)

TIMES = ["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%S%z"]
SHOWN = 20  # features left out that are named on the screen; all are in the report file

Policy = Annotated[str, typer.Option(help="Id of the policy.")]
Data = Annotated[Path | None, typer.Option(help="Folder for everything kept on this machine.")]


class Format(StrEnum):
    DSJSON = "dsjson"


@app.command("export")
def export_log(
    *,
    policy: Policy,
    data: Data = None,
    format: Annotated[Format, typer.Option(help="dsjson: what stock Vowpal Wabbit learns from.")] = Format.DSJSON,
    out: Annotated[Path | None, typer.Option(help="Default: standard output.")] = None,
    since: Annotated[datetime | None, typer.Option(formats=TIMES, help="Decisions from then on, UTC.")] = None,
    until: Annotated[datetime | None, typer.Option(formats=TIMES, help="Decisions before then, UTC.")] = None,
) -> None:
    """Write the archived decisions of a policy, in the order they were learned."""
    with _refusals():
        archived = Archived(settings.read({"data": data}).data / "archive", policy)
        written, aside = 0, 0
        with _sink(out) as sink, _progress() as progress:
            task = progress.add_task("export", total=archived.rows())
            learning = archived.policy().learning
            writer = Writer(learning)
            for outcome in archived.outcomes(_utc(since), _utc(until)):
                shelf = None if outcome.decision.inline else archived.shelf(outcome.decision.catalog_version)
                try:
                    for line in writer.lines(outcome, shelf):
                        sink.write(line + b"\n")
                        written += 1
                except BadInput:
                    aside += 1
                progress.advance(task, len(outcome.rewards))
    typer.echo(f"{written} lines of policy {policy} written, {aside} decisions set aside", err=True)
    typer.echo(f"to learn from them: {training(learning, out)}", err=True)


@app.command("import")
def import_log(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="dsjson, one decision a line.")],
    *,
    policy: Policy,
    data: Data = None,
) -> None:
    """Read a log of Azure Personalizer or Vowpal Wabbit into the archive, probabilities kept."""
    with _refusals(f"{file} "), _progress() as progress:
        task = progress.add_task("import", total=file.stat().st_size)
        archive = settings.read({"data": data}).data / "archive"
        report = import_dsjson(file, archive, policy, lambda read: progress.advance(task, read))
    typer.echo(summary(report))


def training(learning: Learning, file: Path | None) -> str:
    """The command with which stock Vowpal Wabbit learns from an export, and what it leaves out."""
    words = ["vw", "--dsjson", *vw_arguments(learning), *(["-d", str(file)] if file else []), "-f", "model.vw"]
    more = (learning.replay.depth, "replays past outcomes"), (learning.half_life_h, "forgets by half_life_h")
    told = " and ".join(what for does, what in more if does)
    return shlex.join(words) + (f"\nits weights will differ from the learner's, which also {told}" if told else "")


def summary(report: Report) -> str:
    """What became of a file, for people."""
    counts = [
        (report.decisions, "decisions"),
        (report.dangling, "observations without a decision passed over"),
        (report.untrainable, "not trainable"),
        (report.thinned, "with a weight, since others were dropped"),
        (report.label_unlike_p, "labels with another probability than was logged; the logged one is kept"),
        (report.model_not_a_number, "model versions that are no number, kept as 0"),
    ]
    lines = [f"{report.lines} lines read into {report.folder}"]
    lines += [f"{count:>9} {what}" for count, what in counts if count]
    lines += [f"{left.times:>9} not kept: {left.name}: {left.reason}" for left in report.left[:SHOWN]]
    if len(report.left) > SHOWN:
        lines.append(f"          and {len(report.left) - SHOWN} more kinds, see report.json there")
    return "\n".join(lines)


def _utc(instant: datetime | None) -> datetime | None:
    return instant.replace(tzinfo=UTC) if instant and instant.tzinfo is None else instant


@contextmanager
def _sink(out: Path | None) -> Iterator[BinaryIO]:
    """Where to write; a file comes to be only when all is written."""
    if out is None:
        yield sys.stdout.buffer
        return
    draft = out.with_name(out.name + ".draft")
    with draft.open("wb") as sink:
        yield sink
    draft.replace(out)


def _progress() -> Progress:
    console = Console(stderr=True)
    return Progress(console=console, transient=True, disable=not console.is_terminal)


@contextmanager
def _refusals(where: str = "") -> Iterator[None]:
    try:
        yield
    except AdbanditError as fault:
        typer.echo(f"adbandit: {where}{fault}", err=True)
        raise typer.Exit(2) from None


if __name__ == "__main__":
    app()
