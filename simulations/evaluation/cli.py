"""The commands below `adbandit evaluate`, and `adbandit data obd`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import polars as pl
import typer

from bandit.errors import AdbanditError
from simulations.demo.cli import data_app
from simulations.failing import fail
from simulations.sources import wheels

app = typer.Typer(no_args_is_help=True, add_completion=False)
evaluate_app = typer.Typer(no_args_is_help=True, help="What another policy would have earned, told from a log.")
app.add_typer(evaluate_app, name="evaluate")


class Campaign(StrEnum):
    ALL = "all"
    MEN = "men"
    WOMEN = "women"


class Served(StrEnum):
    RANDOM = "random"
    BTS = "bts"


class Arm(StrEnum):
    LEARNED = "learned"
    HOLDOUT = "holdout"
    ALL = "all"


class Slots(StrEnum):
    AUTO = "auto"
    ROUNDS = "rounds"
    PAGES = "pages"


class Interval(StrEnum):
    AUTO = "auto"
    NORMAL = "normal"
    BOOTSTRAP = "bootstrap"
    EMPIRICAL_BERNSTEIN = "empirical_bernstein"
    HOEFFDING = "hoeffding"
    EMPIRICAL_LIKELIHOOD = "empirical_likelihood"
    BETTING = "betting"
    SEQUENCE = "sequence"


Estimators = Annotated[str | None, typer.Option(help="Separated by commas; default: all that apply.")]
RewardModel = Annotated[
    str, typer.Option(help="ridge, slopes, means, none, or a class of scikit-learn as module:Class; cross-fitted.")
]
Folds = Annotated[int, typer.Option(min=2, max=100, help="Of decisions, for cross-fitting.")]
IntervalOption = Annotated[Interval, typer.Option(help="auto: bootstrap, or normal above 200,000 rounds.")]
Level = Annotated[float, typer.Option(help="Coverage of the intervals.")]
Samples = Annotated[int, typer.Option(min=1, max=100_000, help="Of the bootstrap.")]
Seed = Annotated[int, typer.Option(min=0, max=2**32 - 1, help="Of folds, samples and simulations.")]
SlotsOption = Annotated[Slots, typer.Option(help="pages: all slots of a decision together; rounds: each by itself.")]
Last = Annotated[float, typer.Option(help="Share of the log that is evaluated, at its end; what learns learns it all.")]
Rewards = Annotated[
    str | None, typer.Option(help="Bounds of a reward, as 0,1; default: from 0 to 1, or as far as the log's reach.")
]
Json = Annotated[Path | None, typer.Option(help="File for the result.")]
Cache = Annotated[Path | None, typer.Option(help="Where data is kept. Default: .cache/adbandit in the home folder.")]
TargetOption = Annotated[str, typer.Option(help="Policy asked about: see docs/spec/evaluate.md.")]


@app.callback()
def root() -> None:
    """Tell what other policies would have earned."""


@evaluate_app.callback()
def evaluate_root() -> None:
    """What another policy would have earned, told from a log."""


@evaluate_app.command("obd")
def evaluate_obd(
    *,
    campaign: Annotated[Campaign, typer.Option(help="Of the shop's three.")] = Campaign.ALL,
    logged: Annotated[Served, typer.Option(help="Policy that served the log.")] = Served.RANDOM,
    target: Annotated[str, typer.Option(help="random, bts, or any other target.")] = "bts",
    simulations: Annotated[
        int, typer.Option(min=1, max=10_000_000, help="Pages from which bts's probabilities are told.")
    ] = 100_000,
    download: Annotated[Path | None, typer.Option(help="Folder of the full data set; default: the sample.")] = None,
    estimators: Estimators = None,
    reward_model: RewardModel = "ridge",
    folds: Folds = 5,
    interval: IntervalOption = Interval.AUTO,
    level: Level = 0.95,
    samples: Samples = 1_000,
    seed: Seed = 12345,
    json: Json = None,
    cache: Cache = None,
) -> None:
    """Ask the Open Bandit Dataset: two policies served it, so what is told from one's log is known from the other's."""
    from simulations.evaluation import working  # noqa: PLC0415 - `--help` is to be quick

    with _refusals():
        wanted = working.options(
            estimators=estimators,
            reward_model=reward_model,
            folds=folds,
            interval=interval.value,
            level=level,
            samples=samples,
            seed=seed,
        )
        working.evaluate_obd(
            logged.value,
            campaign.value,
            target,
            wanted,
            simulations=simulations,
            download=download,
            cache=cache,
            json=json,
        )


@evaluate_app.command("log")
def evaluate_log(
    path: Annotated[Path, typer.Argument(exists=True, help="Data folder, archive folder or dsjson file.")],
    *,
    policy: Annotated[str, typer.Option(help="Whose log, of an archive.")] = "default",
    target: TargetOption = "uniform",
    arm: Annotated[Arm, typer.Option(help="Whose rounds.")] = Arm.LEARNED,
    imported: Annotated[bool, typer.Option("--imported", help="What `adbandit import` brought in.")] = False,
    estimators: Estimators = None,
    reward_model: RewardModel = "ridge",
    folds: Folds = 5,
    interval: IntervalOption = Interval.AUTO,
    level: Level = 0.95,
    samples: Samples = 1_000,
    seed: Seed = 0,
    slots: SlotsOption = Slots.AUTO,
    last: Last = 1.0,
    rewards: Rewards = None,
    json: Json = None,
) -> None:
    """Ask the archive of a service, running or not, or a dsjson log."""
    from simulations.evaluation import working  # noqa: PLC0415 - `--help` is to be quick

    with _refusals():
        wanted = working.options(
            estimators=estimators,
            reward_model=reward_model,
            folds=folds,
            interval=interval.value,
            level=level,
            samples=samples,
            seed=seed,
            slots=slots.value,
            last=last,
            rewards=rewards,
        )
        working.evaluate_log(path, policy, arm.value, target, wanted, imported=imported, json=json)


@evaluate_app.command("table")
def evaluate_table(
    files: Annotated[list[Path], typer.Argument(help="CSV or Parquet, one schema, rows in the order logged.")],
    *,
    target: TargetOption = "uniform",
    action: Annotated[str, typer.Option(help="Column: what was shown.")] = "action",
    reward: Annotated[str, typer.Option(help="Column: what it earned.")] = "reward",
    propensity: Annotated[
        str | None, typer.Option(help="Column: probability it was drawn with; default `propensity` if it is there.")
    ] = None,
    probabilities: Annotated[
        str | None, typer.Option(help="Column: list of all candidates' probabilities; NAME* for a column an action.")
    ] = None,
    candidates: Annotated[str | None, typer.Option(help="Column: list of actions that could be shown.")] = None,
    actions: Annotated[str | None, typer.Option(help="All there are, separated by commas.")] = None,
    even: Annotated[bool, typer.Option("--even", help="Every candidate was as likely as the next.")] = False,
    decision: Annotated[str | None, typer.Option(help="Column: rows of one decision stand together.")] = None,
    slot: Annotated[str | None, typer.Option(help="Column: place on the page.")] = None,
    user: Annotated[str | None, typer.Option(help="Column: the unit of chance.")] = None,
    time: Annotated[str | None, typer.Option(help="Column: seconds or ISO time, never going back.")] = None,
    features: Annotated[
        str | None, typer.Option(help="Columns, separated by commas; NAME* for all that begin so.")
    ] = None,
    estimators: Estimators = None,
    reward_model: RewardModel = "ridge",
    folds: Folds = 5,
    interval: IntervalOption = Interval.AUTO,
    level: Level = 0.95,
    samples: Samples = 1_000,
    seed: Seed = 0,
    slots: SlotsOption = Slots.AUTO,
    last: Last = 1.0,
    rewards: Rewards = None,
    json: Json = None,
) -> None:
    """Ask a table of logged choices."""
    from simulations.evaluation import working  # noqa: PLC0415 - `--help` is to be quick

    with _refusals():
        wanted = working.options(
            estimators=estimators,
            reward_model=reward_model,
            folds=folds,
            interval=interval.value,
            level=level,
            samples=samples,
            seed=seed,
            slots=slots.value,
            last=last,
            rewards=rewards,
        )
        working.evaluate_table(
            files,
            target,
            wanted,
            actions=actions,
            even=even,
            features=features,
            json=json,
            action=action,
            reward=reward,
            propensity=propensity,
            probabilities=probabilities,
            candidates=candidates,
            decision=decision,
            slot=slot,
            user=user,
            time=time,
        )


@evaluate_app.command("select")
def evaluate_select(
    path: Annotated[
        Path, typer.Argument(exists=True, help="As of `evaluate log`; or a table with usual column names.")
    ],
    *,
    target: Annotated[list[str], typer.Option(help="Give it once for each policy.")],
    policy: Annotated[str, typer.Option(help="Whose log, of an archive.")] = "default",
    arm: Annotated[Arm, typer.Option(help="Whose rounds.")] = Arm.LEARNED,
    estimator: Annotated[str, typer.Option(help="What gains are told by.")] = "dr",
    share: Annotated[
        float, typer.Option(help="Of the rounds, that choose; the others say what the winner earns.")
    ] = 0.5,
    reward_model: RewardModel = "ridge",
    folds: Folds = 5,
    level: Level = 0.95,
    seed: Seed = 0,
    slots: SlotsOption = Slots.AUTO,
    last: Last = 1.0,
    json: Json = None,
) -> None:
    """Find which of many policies surely beats the one that served, however many were looked at."""
    from simulations.evaluation import working  # noqa: PLC0415 - `--help` is to be quick

    with _refusals():
        wanted = working.options(
            reward_model=reward_model, folds=folds, level=level, seed=seed, slots=slots.value, last=last
        )
        working.select(path, policy, arm.value, target, wanted, estimator=estimator, share=share, json=json)


@evaluate_app.command("coverage")
def evaluate_coverage(
    *,
    logs: Annotated[int, typer.Option(min=10, max=100_000, help="Drawn in each world.")] = 1_000,
    seed: Annotated[int, typer.Option(min=0, max=2**63 - 1)] = 1,
    json: Json = None,
) -> None:
    """Measure how often each interval holds the truth, on logs whose truth is known."""
    from simulations.evaluation import working  # noqa: PLC0415 - `--help` is to be quick

    with _refusals():
        holds = working.coverage(logs, seed, json)
    if not holds:
        raise typer.Exit(1)


@evaluate_app.command("matching")
def evaluate_matching(
    *,
    seed: Annotated[int, typer.Option(min=0, max=2**32 - 1, help="Of the random ranking.")] = 1,
    level: Level = 0.95,
    json: Json = None,
    cache: Cache = None,
) -> None:
    """Measure how well products are matched to users: MovieLens, the last film of each left out."""
    from simulations.evaluation import matching_screen  # noqa: PLC0415 - `--help` is to be quick

    with _refusals():
        matching_screen.measure(seed, level, json, cache)


@data_app.command("obd")
def data_obd(cache: Cache = None) -> None:
    """Fetch the sample of the Open Bandit Dataset, check every byte, and keep it for `evaluate obd`."""
    from simulations.evaluation import working  # noqa: PLC0415 - `--help` is to be quick

    with _refusals():
        typer.echo(f"the Open Bandit Dataset's sample is in {working.fetched(cache)}")


@contextmanager
def _refusals() -> Iterator[None]:
    from simulations.evaluation.working import Refused  # noqa: PLC0415 - `--help` is to be quick

    try:
        yield
    except (Refused, AdbanditError, wheels.Unavailable, OSError, pl.exceptions.PolarsError) as fault:
        fail(str(fault))


if __name__ == "__main__":
    app()
