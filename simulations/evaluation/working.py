"""What the commands of `evaluate` do, once it is known what is wanted."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
from rich.console import Console
from rich.progress import Progress

from bandit.errors import BadInput
from simulations.evaluation import coverage as covering
from simulations.evaluation import screen
from simulations.evaluation.coverage_worlds import WORLDS
from simulations.evaluation.evaluate import Given, evaluate_all
from simulations.evaluation.evaluated import Estimate, Evaluated, flat
from simulations.evaluation.options import Options
from simulations.evaluation.selecting import select_among
from simulations.evaluation.targets.places import Places
from simulations.logs import obd
from simulations.logs.archive import Arm, open_archive, open_imported
from simulations.logs.base import Log
from simulations.logs.dsjson import open_dsjson
from simulations.logs.table import TableLog
from simulations.logs.table_rows import Named
from simulations.sources import wheels

WIDTH = 140  # of tables that are not for a terminal


class Refused(Exception):
    """The log cannot answer; what is known is printed and written. The message says why."""


def options(
    *, estimators: str | None = None, reward_model: str = "ridge", rewards: str | None = None, **others: Any
) -> Options:
    """Options as they are written on the command line. Raises BadInput."""
    return Options(
        estimators=None if estimators is None else tuple(estimators.split(",")),
        reward_model=None if reward_model == "none" else reward_model,
        rewards=None if rewards is None else _bounds(rewards),
        **others,
    )


def evaluate_obd(
    logged: obd.Policy,
    campaign: obd.Campaign,
    target: str,
    wanted: Options,
    *,
    simulations: int,
    download: Path | None,
    cache: Path | None,
    json: Path | None,
) -> None:
    """Ask the Open Bandit Dataset. Raises Refused, BadInput, wheels.Unavailable."""
    sample = obd.ensure(cache or wheels.default_cache())
    log = obd.open_obd(logged, campaign, sample, download)
    asked: Given = target
    truth = None
    if target in obd.POLICIES:
        served: obd.Policy = "bts" if target == "bts" else "random"
        asked = Places(served, obd.probabilities(served, campaign, sample, simulations=simulations, seed=wanted.seed))
        truth = _earned(obd.open_obd(served, campaign, sample, download), wanted)
    _tell(_evaluated(log, asked, wanted, truth), json)


def evaluate_log(
    path: Path, policy: str, arm: Arm, target: str, wanted: Options, *, imported: bool, json: Path | None
) -> None:
    """Ask an archive or a dsjson log. Raises Refused, BadInput."""
    _tell(_evaluated(_log(path, policy, arm, imported=imported), target, wanted), json)


def evaluate_table(
    files: Sequence[Path],
    target: str,
    wanted: Options,
    *,
    actions: str | None,
    even: bool,
    features: str | None,
    json: Path | None,
    **columns: str | None,
) -> None:
    """Ask a table. Raises Refused, BadInput."""
    usual = None if even or columns["probabilities"] else "propensity"
    columns["propensity"] = columns["propensity"] or usual
    named = Named(**columns, features=tuple(features.split(",")) if features else ())  # type: ignore[arg-type]
    log = TableLog(files, named, actions=actions.split(",") if actions else None, even=even)
    _tell(_evaluated(log, target, wanted), json)


def select(
    path: Path,
    policy: str,
    arm: Arm,
    targets: Sequence[str],
    wanted: Options,
    *,
    estimator: str,
    share: float,
    json: Path | None,
) -> None:
    """Ask a log about many targets. Raises BadInput."""
    log = _log(path, policy, arm, imported=False)
    with _progress(2 * log.rounds) as done:
        found = select_among(log, targets, wanted, estimator=estimator, share=share, progress=done)
    _console().print(screen.selected(found, wanted.level))
    _write(msgspec.to_builtins(found._asdict()) | {"command": _command()}, json)


def coverage(logs: int, seed: int, json: Path | None) -> bool:
    """Measure intervals; whether all do what they promise."""
    with _progress(logs * len(WORLDS)) as done:
        found = covering.measured(logs, seed, looked=lambda: done(1))
    _console().print(covering.table(found))
    _write(msgspec.to_builtins(found), json)
    return all(one.holds for one in found)


def fetched(cache: Path | None) -> Path:
    """The folder of the Open Bandit Dataset's sample. Raises wheels.Unavailable."""
    return obd.ensure(cache or wheels.default_cache()).rows


def _bounds(written: str) -> tuple[float, float]:
    """`0,1` as numbers."""
    try:
        low, high = map(float, written.split(","))
    except ValueError:
        raise BadInput("#/rewards", "type", f"{written!r} is not two numbers, as 0,1") from None
    if not low < high:
        raise BadInput("#/rewards", "bound", f"bounds rise, and {low} to {high} does not")
    return low, high


def _log(path: Path, policy: str, arm: Arm, *, imported: bool) -> Log:
    """Whatever is at the path."""
    if path.is_file():
        return TableLog([path]) if path.suffix in (".csv", ".parquet") else open_dsjson([path], arm)
    return open_imported(path, policy) if imported else open_archive(path, policy, arm)


def _evaluated(log: Log, target: Given, options: Options, truth: Estimate | None = None) -> Evaluated:
    passes = 2 if options.modelling(options.wanted(log.rounds)) else 1
    with _progress(passes * log.rounds) as done:
        (found,) = evaluate_all(log, [target], options, truth=truth, progress=done)
    return msgspec.structs.replace(found, command=_command())


def _earned(log: Log, options: Options) -> Estimate:
    """What a log's own policy earned."""
    own = Options(estimators=("ips",), reward_model=None, level=options.level, seed=options.seed)
    return evaluate_all(log, ["logged"], own)[0].logged


def _tell(found: Evaluated, json: Path | None) -> None:
    """Print and write. Raises Refused where the log cannot answer."""
    _console().print(screen.shown(found))
    _write(flat(found), json)
    if not found.answers:
        raise Refused("the log cannot answer: " + "; ".join(found.reasons))


def _write(said: Any, json: Path | None) -> None:
    if json is not None:
        json.write_bytes(msgspec.json.format(msgspec.json.encode(said)) + b"\n")


def _command() -> str:
    return shlex.join(["adbandit", *sys.argv[1:]])


def _console() -> Console:
    console = Console()
    return console if console.is_terminal else Console(width=WIDTH)


@contextmanager
def _progress(rounds: int) -> Iterator[Any]:
    """A bar with the time left, where there is a terminal."""
    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("evaluate", total=rounds)
        yield lambda more: bar.advance(task, more)
