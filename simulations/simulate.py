"""Policies in worlds, many runs at once: `simulate` for Python, as `adbandit simulate` is for a terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from contextlib import ExitStack
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TypeVar

import msgspec
import polars as pl

from bandit.config import Policy
from bandit.errors import BadInput
from simulations import contenders, worlds
from simulations.environments.base import Json
from simulations.running import executors, kept
from simulations.running.executors import available, executor
from simulations.running.progress import Bar, bar
from simulations.running.results import SCHEMA, Results, results
from simulations.running.runner import Chooser, Heard, Job, Place, Run
from simulations.running.runner import run as do
from simulations.sources import wheels

TABLE = "results.parquet"  # in the results folder
LOOK_EVERY_S = 0.2  # how far runs are

Named = TypeVar("Named")

Environments = str | Sequence[str] | Mapping[str, str | Place]
Policies = str | Sequence[str] | Mapping[str, str | Policy | Chooser]


class OtherCode(Exception):
    """A worker runs other code than the process that asks it."""


def simulate(
    environments: Environments,
    policies: Policies,
    *,
    rounds: int,
    seeds: int | Sequence[int] = 5,
    delay: int = 0,
    workers: int | None = None,
    cluster: str | None = None,
    folder: Path | str | None = None,
    cache: Path | None = None,
    shown: bool | None = None,
) -> Results:
    """Have every policy choose in every environment, with every seed.

    environments  names, or names in the table with what makes a world of a seed
    policies      names, or names in the table with a config of our engine, or with what makes a policy of a seed for a
                  world; what is made must be importable to be sent to other processes, so no lambda
    rounds        of each run; of a data set one pass at most
    seeds         how many, from 1, or which
    delay         rounds a reward waits before it is learned
    workers       processes; default one a processor; 0 does the work in this process
    cluster       address of a Dask scheduler whose workers have adbandit installed; default local processes
    folder        where finished runs are kept, so that none is done twice, and the table `results.parquet` is written
    cache         where data is kept that worlds are made of
    shown         whether a bar tells how far it is; default where there is a terminal

    The numbers depend on neither workers, cluster nor the order of the work.

    Raises UnknownName, BadInput for what is out of bounds, executors.NoCluster, OtherCode, wheels.Unavailable if data
    cannot be had, and what a policy or an environment raises; runs that were finished by then are kept.

    >>> found = simulate("shop", ["uniform", "thompson"], rounds=200, seeds=2, workers=0)
    >>> found.means("reward").select("policy", "rounds", "seeds").rows()
    [('thompson', 200, 2), ('uniform', 200, 2)]
    """
    wanted = jobs(environments, policies, rounds=rounds, seeds=seeds, delay=delay)
    return simulate_all(wanted, workers=workers, cluster=cluster, folder=folder, cache=cache, shown=shown)


def simulate_all(
    wanted: Sequence[Job],
    *,
    workers: int | None = None,
    cluster: str | None = None,
    folder: Path | str | None = None,
    cache: Path | None = None,
    shown: bool | None = None,
) -> Results:
    """What came of these jobs; otherwise as `simulate`."""
    cache = cache or wheels.default_cache()
    with ExitStack() as opened:
        store = opened.enter_context(kept.opened(Path(folder))) if folder is not None else None
        runs = {job: run for job in wanted if store and (run := store.find(job))}
        missing = [job for job in wanted if job not in runs]
        progress = opened.enter_context(bar(missing, already=len(runs), shown=shown))
        if missing:
            for done in run_all(missing, cache, workers=workers, cluster=cluster, progress=progress):
                runs[done.job] = done
                if store:
                    store.keep(done)
        found = results([frame(runs[job]) for job in wanted])
        if folder is not None:
            found.write(Path(folder) / TABLE)
    return found


def jobs(
    environments: Environments,
    policies: Policies,
    *,
    rounds: int,
    seeds: int | Sequence[int],
    delay: int = 0,
) -> list[Job]:
    """Every policy in every environment with every seed. Raises UnknownName, and BadInput for what is out of bounds."""
    numbers = list(range(1, seeds + 1)) if isinstance(seeds, int) else list(seeds)
    for name, value, least in (("rounds", rounds, 1), ("seeds", len(numbers), 1), ("delay", delay, 0)):
        if value < least:
            raise BadInput(f"#/{name}", "bound", f"{name} is {value}; it is at least {least}")
    if len(set(numbers)) < len(numbers):
        raise BadInput("#/seeds", "duplicate", f"a seed is there twice in {numbers}")
    places: Mapping[str, str | Place] = _named(environments)
    choosers: Mapping[str, str | Policy | Chooser] = _named(policies)
    _known("environments", places.values(), worlds.find)
    _known("policies", choosers.values(), lambda name: contenders.contender(name, 1, _EMPTY))
    return [
        Job(world, policy, seed, rounds, delay, place=place, chooser=chooser)
        for world, place in places.items()
        for policy, chooser in choosers.items()
        for seed in numbers
    ]


def run_all(
    wanted: Sequence[Job],
    cache_folder: Path,
    *,
    workers: int | None = 0,
    cluster: str | None = None,
    progress: Bar | None = None,
) -> Iterator[Run]:
    """Do all jobs; each run as soon as it is there, in any order.

    Raises what a run raises, once it is met, and as `simulate` does.
    """
    workers = available() if workers is None else workers
    main = any(_is_of_the_script(made) for job in wanted for made in (job.place, job.chooser))
    progress = progress or Bar()
    with executor(min(workers, len(wanted)), cluster=cluster, main=main) as crew:
        heard = progress.add if crew.inline else None
        product = kept.product() if cluster else None  # processes of this machine run what this one does
        waiting, pending = iter(wanted), dict[Future[Run], Job]()
        while True:
            for job in islice(waiting, crew.at_once - len(pending)):
                pending[crew.pool.submit(_do, job, cache_folder, product, heard)] = job
            if not pending:
                return
            for future in wait(pending, LOOK_EVERY_S, FIRST_COMPLETED).done:
                yield _result(future, pending.pop(future), progress)
            progress.played(crew.played())


def _known(field: str, given: Iterable[object], find: Callable[[str], object]) -> None:
    """Raises UnknownName for the first name that cannot be found."""
    for at, name in enumerate(given):
        try:
            _ = find(name) if isinstance(name, str) else None
        except worlds.UnknownName as fault:
            raise worlds.UnknownName(f"#/{field}/{at}: {fault}") from None


def frame(run: Run) -> pl.DataFrame:
    """A run as rows of the table."""
    named = {"environment": run.job.world, "policy": run.job.policy, "seed": run.job.seed}
    columns = {name: getattr(run.track, name) for name in SCHEMA if name not in named}
    return (
        pl.DataFrame(columns)
        .with_columns(**{name: pl.lit(value) for name, value in named.items()})
        .select(pl.col(name).cast(kind) for name, kind in SCHEMA.items())
    )


def _is_of_the_script(made: object) -> bool:
    while isinstance(made, partial):
        made = made.func
    return getattr(made, "__module__", None) == "__main__"


def _do(job: Job, cache_folder: Path, product: str | None, heard: Heard | None) -> Run:
    """Do a job, wherever this is. Raises OtherCode if it should be done by another product than is installed here."""
    if product and kept.product() != product:
        raise OtherCode(f"a worker runs {kept.product()}, and was asked by {product}: install the same on both")
    return do(job, cache_folder, heard or executors.count)


def _result(future: Future[Run], job: Job, progress: Bar) -> Run:
    try:
        done = future.result()
    except Exception as fault:
        fault.add_note(f"raised by {job.policy} in {job.world} with seed {job.seed}")
        raise
    progress.finished(job.rounds, done.track.rounds[-1])
    return msgspec.structs.replace(done, job=job)  # what came back from another process is equal, but not always by ==


def _named(given: str | Sequence[str] | Mapping[str, Named]) -> Mapping[str, str | Named]:
    """Each by the name it has in the table."""
    if isinstance(given, Mapping):
        return given
    return {name: name for name in ([given] if isinstance(given, str) else given)}


_EMPTY: Json = {"policies": [], "placements": [], "templates": []}
