"""Commands about a policy's model: `adbandit rebuild`, `adbandit rollback` and `adbandit versions`."""

from __future__ import annotations

import re
import uuid
from base64 import urlsafe_b64decode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Annotated, TypeVar

import msgspec
import polars as pl
import typer
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from bandit.archive.files import OUTCOMES, ordered
from bandit.config import Learning, RewardFormula
from bandit.errors import AdbanditError, BadInput
from service import settings, wiring
from service.access.signing import RAW_BYTES, Signer
from service.catalogs import Catalogs
from service.embedded import NotStarted
from service.learner.rebuilding import Done, Wanted, Workbench, rebuild, rollback
from service.processes import FolderInUse
from service.store.opened import store_of

app = typer.Typer(no_args_is_help=True, add_completion=False)

Config = TypeVar("Config", Learning, RewardFormula)
PolicyOption = Annotated[str, typer.Option(help="Whose model.")]
DataOption = Annotated[Path | None, typer.Option(help="Folder for everything kept on this machine.")]

_RAW = re.compile(r"[0-9a-f]{32}\Z")  # as the archive has it


@app.command("rebuild")
def rebuild_model(
    *,
    policy: PolicyOption = "default",
    data: DataOption = None,
    reward: Annotated[
        str | None,
        typer.Option(help="`now` for the catalog's formula, or a YAML or JSON file of one, for all the past."),
    ] = None,
    learning: Annotated[Path | None, typer.Option(help="YAML or JSON file of another `learning` config.")] = None,
    without: Annotated[Path | None, typer.Option(help="File of decisions to leave out, an id a line.")] = None,
    without_users: Annotated[Path | None, typer.Option(help="File of users to leave out, a key a line.")] = None,
    afresh: Annotated[bool, typer.Option(help="Forget what earlier rebuilds left out or rewarded otherwise.")] = False,
) -> None:
    """Make a policy's model anew from its archive, and put it in force; `rollback` is the way back."""
    with _workbench(data) as (chosen, bench, progress):
        given = _decisions(without) if without else frozenset()
        if without_users:
            given |= _decisions_of(without_users, chosen, policy)
        wanted = Wanted(
            reward=_formula(reward, bench, policy) if reward else None,
            learning=_config(learning, Learning) if learning else None,
            without=given,
            afresh=afresh,
        )
        _say(rebuild(bench, policy, wanted, progress))


@app.command("rollback")
def roll_back(
    *,
    policy: PolicyOption = "default",
    data: DataOption = None,
    to: Annotated[
        int | None, typer.Option(help="A version of `adbandit versions`; default: the one kept last.")
    ] = None,
    catch_up: Annotated[bool, typer.Option(help="Learn what came since, too.")] = False,
) -> None:
    """Put a kept model back in force, under a new version number."""
    with _workbench(data) as (_, bench, progress):
        _say(rollback(bench, policy, to, progress, catch_up=catch_up))


@app.command("versions")
def list_versions(*, policy: PolicyOption = "default", data: DataOption = None) -> None:
    """Versions that `rollback` can go back to."""
    table = Table("version", "outcomes", "kept", "why")
    with _workbench(data) as (_, bench, _progress):
        for version in bench.store.kept_versions(policy):
            fields = bench.store.kept(policy, version)
            when = datetime.fromtimestamp(float(fields["kept_at"]), UTC).isoformat(timespec="seconds")
            table.add_row(str(version), fields["learned"].decode(), when, fields["why"].decode())
    Console().print(table)


@contextmanager
def _workbench(data: Path | None) -> Iterator[tuple[settings.Settings, Workbench, Callable[[int], None]]]:
    """What the work needs; an error on purpose ends the command with status 2."""
    console = Console(stderr=True)
    try:
        chosen = settings.read({"data": data})
        wiring.say(chosen)
        if not chosen.data.is_dir():
            raise BadInput("#/settings/data", "unknown", f"there is no folder {chosen.data}")
        with (
            store_of(chosen, wiring.pause) as store,
            Progress(console=console, transient=True, disable=not console.is_terminal) as bar,
        ):
            holder = uuid.uuid4().hex
            bench = Workbench(store, Catalogs(store), chosen.data / "archive", holder, wiring.elapsed)
            yield chosen, bench, partial(bar.advance, bar.add_task("outcomes", total=None))
    except (AdbanditError, FolderInUse, NotStarted, OSError) as fault:
        typer.echo(f"adbandit: {fault}", err=True)
        raise typer.Exit(2) from None


def _say(done: Done) -> None:
    left_out = f", {done.left_out} decisions left out" if done.left_out else ""
    typer.echo(
        f"policy {done.policy}: version {done.version} is in force, of {done.outcomes} outcomes{left_out}; "
        f"`adbandit rollback --policy {done.policy} --to {done.before}` is the way back"
    )


def _config(path: Path, kind: type[Config]) -> Config:
    try:
        return msgspec.yaml.decode(path.read_bytes(), type=kind)
    except msgspec.MsgspecError as fault:
        raise BadInput(f"{path}#", "config", str(fault)) from None


def _formula(given: str, bench: Workbench, policy_id: str) -> RewardFormula:
    if given != "now":
        return _config(Path(given), RewardFormula)
    return next((p.reward for p in bench.catalogs.current().policies if p.id == policy_id), RewardFormula())


def _decisions(path: Path) -> frozenset[bytes]:
    """Ids as the archive has them, or as the web app was given them."""
    return frozenset(_raw(line.strip(), f"{path}#/{n}") for n, line in enumerate(path.read_text().splitlines()) if line)


def _raw(text: str, pointer: str) -> bytes:
    if _RAW.match(text):
        return bytes.fromhex(text)
    body = text.rpartition(".")[0].rpartition(".")[2]
    try:
        found = urlsafe_b64decode(body + "=" * (-len(body) % 4))
    except ValueError:
        found = b""
    if len(found) != RAW_BYTES + 1:
        raise BadInput(pointer, "type", "a decision id is 32 hex digits, or what /v1/decisions answered")
    return found[:RAW_BYTES]


def _decisions_of(path: Path, chosen: settings.Settings, policy: str) -> frozenset[bytes]:
    """Archived decisions of the users a file names by the shop's own keys."""
    signer = Signer(settings.secret(chosen))
    users = [signer.pseudonym(line.strip()).hex() for line in path.read_text().splitlines() if line.strip()]
    found = (
        pl.scan_parquet(file, hive_partitioning=False).filter(pl.col("user").is_in(users)).select("decision").collect()
        for file in ordered(chosen.data / "archive", policy, OUTCOMES)
    )
    return frozenset(bytes.fromhex(decision) for frame in found for decision in frame["decision"])
