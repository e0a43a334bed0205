"""The command that searches a policy's options on its log: `tune`. What is heavy is imported when it is called."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer
from rich.console import Console
from rich.progress import Progress

from bandit.errors import AdbanditError, BadInput
from simulations.failing import fail

if TYPE_CHECKING:
    from simulations.logs.base import Log

WIDTH = 160  # of a table that is not for a terminal

app = typer.Typer(no_args_is_help=True, add_completion=False)


@app.command("tune")
def tune_command(
    log: Annotated[Path, typer.Argument(exists=True, help="Data folder of a service, its archive, or a dsjson file.")],
    *,
    policy: Annotated[str | None, typer.Option(help="Whose archive; not needed where there is one.")] = None,
    out: Annotated[Path, typer.Option(help="File for the winner; YAML, or JSON if it ends so.")] = Path("tuned.yaml"),
    id: Annotated[str | None, typer.Option(help="Of the winner. Default: the policy's, and -tuned.")] = None,
    tries: Annotated[int, typer.Option(min=1, max=1_000, help="Configs, besides the policy's own.")] = 24,
    space: Annotated[Path | None, typer.Option(help="YAML of what may be tried: path, list of values.")] = None,
    held_out: Annotated[float, typer.Option(help="Share of the log, at its end, that judges the winner.")] = 0.3,
    level: Annotated[float, typer.Option(help="Of the intervals.")] = 0.95,
    seed: Annotated[int, typer.Option(min=0, help="Which configs are tried.")] = 0,
    json: Annotated[Path | None, typer.Option(help="File for all that was tried.")] = None,
) -> None:
    """Search exploration and learning options on a log, and write those that surely would have earned more."""
    from simulations.evaluation.options import Options  # noqa: PLC0415 - `--help` is to be quick
    from simulations.tuning.space import DEFAULT, read_space  # noqa: PLC0415
    from simulations.tuning.tuned import challenger, check_id, table, tune, write  # noqa: PLC0415

    with _refusals(), _progress() as progress:
        opened = _opened(log, policy)
        name = id or f"{opened.policy.id}-tuned"
        check_id(name)
        options = Options(level=level, seed=seed, interval="bootstrap")
        task = progress.add_task("tune", total=None)
        found = tune(
            opened,
            space=DEFAULT if space is None else read_space(space),
            tries=tries,
            held_out=held_out,
            options=options,
            progress=lambda rounds: progress.advance(task, rounds),
        )
    screen = Console()
    (screen if screen.is_terminal else Console(width=WIDTH)).print(table(found))
    with _refusals():
        if json is not None:
            json.write_bytes(msgspec.json.format(msgspec.json.encode(found)) + b"\n")
        if found.refusal:
            fail(found.refusal)
        write(challenger(opened, found, name), out)
    typer.echo(f"{out} is a policy that can be served beside {opened.policy.id}")


def _opened(path: Path, policy: str | None) -> Log:
    from simulations.logs.archive import open_archive  # noqa: PLC0415
    from simulations.logs.dsjson import open_dsjson  # noqa: PLC0415

    if path.is_file():
        return open_dsjson([path])
    archive = path / "archive" if (path / "archive").is_dir() else path
    there = sorted(folder.name.partition("=")[2] for folder in archive.glob("policy=*"))
    if policy is None and len(there) != 1:
        told = f"policies {', '.join(there)}; --policy says which" if there else "no archive of any policy"
        raise BadInput("#/policy", "unresolved", f"{path} holds {told}")
    return open_archive(path, policy or there[0])


def _progress() -> Progress:
    return Progress(console=Console(stderr=True), transient=True)


@contextmanager
def _refusals() -> Iterator[None]:
    try:
        yield
    except (AdbanditError, OSError) as fault:
        fail(str(fault))


if __name__ == "__main__":
    app()
