"""Finished runs in a folder, so that none is done twice: whatever stopped a simulation, the rest is done when it is run
again.

A run's file is named by a hash of all it is a function of: the job, the product's code, what computes and draws for
it, and the world's own files. It appears whole or not at all.
"""

from __future__ import annotations

import fcntl
import hashlib
import inspect
import pickle
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache, lru_cache, partial
from importlib import metadata
from pathlib import Path
from typing import Any

import msgspec

import bandit
import simulations
from bandit.config import Policy
from bandit.errors import BadInput
from simulations.running import whole
from simulations.running.runner import Job, Run
from simulations.running.track import Mark, Track

RUNS = "runs"

_COMPUTED_BY = ("numpy", "numba", "vowpal-wabbit-next", "scikit-learn")
_PLAYING = ("environments", "kernels", "policies", "running", "sources")  # folders of simulations that runs are made of


class _Stored(msgspec.Struct, frozen=True):
    """A run without its job, which the file's name stands for."""

    marks: tuple[Mark, ...]
    track: Track


class Kept:
    """The runs of one results folder. Only one simulation works in it at a time."""

    def __init__(self, folder: Path) -> None:
        self._runs = folder / RUNS

    def find(self, job: Job) -> Run | None:
        """The finished run of a job; None if there is none, or none that can be read."""
        name = key(job)
        try:
            stored = msgspec.msgpack.decode((self._runs / f"{name}.msgpack").read_bytes(), type=_Stored)
        except (FileNotFoundError, msgspec.MsgspecError):
            return None
        return Run(job, stored.marks, stored.track)

    def keep(self, run: Run) -> None:
        """Keep a finished run, if its job has a name to find it by."""
        if name := key(run.job):
            with whole.writing(self._runs / f"{name}.msgpack") as draft:
                draft.write_bytes(msgspec.msgpack.encode(_Stored(run.marks, run.track)))


@contextmanager
def opened(folder: Path) -> Iterator[Kept]:
    """The runs of a folder, which is made if need be. Raises BadInput if it is in use, or cannot be made."""
    try:
        (folder / RUNS).mkdir(parents=True, exist_ok=True)
        lock = (folder / RUNS / "lock").open("ab")
    except OSError as fault:
        raise BadInput("#/folder", "bound", f"{folder} cannot hold results: {fault}") from None
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BadInput("#/folder", "bound", f"another simulation is at work in {folder}") from None
        for draft in (*folder.glob(f".*{whole.DRAFT}"), *(folder / RUNS).glob(f".*{whole.DRAFT}")):
            draft.unlink()  # of one that was killed
        yield Kept(folder)


def key(job: Job) -> str | None:
    """Hex digest of all that a job's numbers depend on; None where that cannot be told.

    What a policy is called in the table is no part of it, if its config comes along.
    """
    try:
        place = job.world if job.place is None else job.place
        place = f"{place} {_content(place)}" if isinstance(place, str) else _made_by(place)
        chooser = _made_by(job.policy if job.chooser is None else job.chooser)
    except (OSError, TypeError, pickle.PicklingError, AttributeError):  # defined where no file holds its source
        return None
    told = [product(), place, chooser, job.seed, job.rounds, job.delay]
    return hashlib.sha256(msgspec.json.encode(told)).hexdigest()[:40]


@cache
def product() -> str:
    """What computes: versions, and a hash of the code that plays."""
    versions = [f"{name} {_version(name)}" for name in ("adbandit", *_COMPUTED_BY)]
    return " ".join([*versions, _digest(_sources())])


def _sources() -> list[Path]:
    engine, here = Path(bandit.__path__[0]), Path(simulations.__path__[0])
    played = [path for name in _PLAYING for path in (here / name).rglob("*.py")]
    return sorted([*engine.rglob("*.py"), *here.glob("*.py"), *played])


def _made_by(made: str | Policy | Callable[..., Any]) -> str:
    """What tells it from others: its name, its config, or for a function what is bound to it and its source file."""
    if isinstance(made, str):
        return made
    if isinstance(made, Policy):
        return msgspec.json.encode(made).decode()
    if not getattr(made, "repeats", True):
        raise TypeError(f"{made} does not give the same numbers twice")
    inner = made
    while isinstance(inner, partial):
        inner = inner.func
    source = inspect.getsourcefile(inner if inspect.isroutine(inner) or inspect.isclass(inner) else type(inner))
    if source is None:
        raise TypeError(f"{inner} has no source")
    return f"{hashlib.sha256(pickle.dumps(made)).hexdigest()} {_digest([Path(source)])}"


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "none"


def _digest(paths: list[Path]) -> str:
    found = hashlib.sha256()
    for path in paths:
        with path.open("rb") as file:
            found.update(hashlib.file_digest(file, "sha256").digest())
    return found.hexdigest()[:16]


def _content(world: str) -> str:
    """What the files hold that a world's name leads to; all others are pinned by the code."""
    _kind, _, path = world.partition(":")
    if not path:
        return ""
    files = sorted(file for file in Path(path).rglob("*") if file.is_file()) or [Path(path)]
    return _digest_of(tuple((file, file.stat().st_mtime_ns, file.stat().st_size) for file in files))


@lru_cache(maxsize=64)
def _digest_of(files: tuple[tuple[Path, int, int], ...]) -> str:
    """Digest of files with the time of their last change and their size, so that many runs read them once."""
    return _digest([file for file, _, _ in files])
