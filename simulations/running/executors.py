"""Who does the work: this process, processes beside it, or a Dask cluster. All are a `concurrent.futures.Executor`."""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import signal
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from contextlib import contextmanager
from importlib import import_module
from multiprocessing.sharedctypes import Synchronized
from types import ModuleType
from typing import Any, NamedTuple, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

CONNECTED_WITHIN_S = 10.0  # with a cluster
MOST_AT_ONCE = 1_000  # tasks a cluster holds; it shares them out itself

# Work is shared out by run, so threads within one would only be in each other's way.
_ONE_THREAD = (
    "POLARS_MAX_THREADS",
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMBA_NUM_THREADS",
)
_PR_SET_PDEATHSIG = 1  # <linux/prctl.h>

_played: Synchronized[int] | None = None  # in a worker: rounds played by all of them


class NoCluster(Exception):
    """The Dask cluster cannot be reached, or `distributed` is not installed. The message says which."""


class Inline(Executor):
    """Does each task as it is submitted, in this process."""

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        future: Future[T] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as fault:
            future.set_exception(fault)
        return future


class Local(ProcessPoolExecutor):
    """Processes of one thread each that end with this one.

    A fresh interpreter each: a fork would carry over threads and compiled code in whatever state they are.
    """

    def __init__(self, workers: int, *, main: bool) -> None:
        """
        main  tasks hold functions of the script that runs, so workers have to import it: it must then do its own
              work under `if __name__ == "__main__"`
        """
        spawn = multiprocessing.get_context("spawn")
        self.played: Synchronized[int] = spawn.Value("q", 0)  # rounds played by all workers
        super().__init__(workers, mp_context=spawn, initializer=_begin, initargs=(os.getpid(), self.played))
        self._main = main

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        with _environment(), _hidden(not self._main):  # processes are started by submissions, never later
            return super().submit(fn, *args, **kwargs)


class Crew(NamedTuple):
    """Who does the work."""

    pool: Executor
    at_once: int  # tasks to submit before one is finished
    inline: bool  # whether they are done in this process
    played: Callable[[], int]  # rounds that its processes have played, as far as they tell


@contextmanager
def executor(workers: int, *, cluster: str | None = None, main: bool = False) -> Iterator[Crew]:
    """A crew until the block ends; when it ends by an exception, what waits is not done.

    workers  processes; 0: none but this one
    cluster  address of a Dask scheduler, which then has workers of its own
    main     see Local

    Raises NoCluster.
    """
    if cluster is not None:
        with _client(cluster) as client:
            yield Crew(client.get_executor(), MOST_AT_ONCE, inline=False, played=lambda: 0)
        return
    if not workers:
        yield Crew(Inline(), 1, inline=True, played=lambda: 0)
        return
    local = Local(workers, main=main)
    try:
        yield Crew(local, 2 * workers, inline=False, played=lambda: local.played.value)
    finally:
        _end(local)


def available() -> int:
    """Processors this process may use."""
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1


def count(rounds: int) -> None:
    """Say from within a worker that rounds have been played."""
    if _played is not None:
        with _played.get_lock():
            _played.value += rounds


def _begin(wanted_by: int, played: Synchronized[int]) -> None:
    """What a worker does first."""
    global _played  # noqa: PLW0603  # a worker is told once, as it begins
    _played = played
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches all; the process that asked stops the others
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != wanted_by:
            os._exit(1)


def _end(local: Local) -> None:
    """Stop the workers at once: left alone each would take a second to take down what it loaded."""
    processes = list((local._processes or {}).values())  # forgotten by the shutdown
    local.shutdown(wait=False, cancel_futures=True)
    for process in processes:
        process.terminate()


def _client(address: str) -> Any:  # of a library without types
    try:
        distributed = import_module("distributed")
    except ModuleNotFoundError:
        raise NoCluster("a cluster needs Dask: pip install 'adbandit[cluster]'") from None
    try:
        return distributed.Client(address, timeout=CONNECTED_WITHIN_S, set_as_default=False)
    except (OSError, ValueError) as fault:
        raise NoCluster(f"no Dask scheduler answers at {address}: {fault}") from None


@contextmanager
def _environment() -> Iterator[None]:
    """The environment a worker starts with; what the user has set holds."""
    added = {name: "1" for name in _ONE_THREAD if name not in os.environ}
    os.environ.update(added)
    try:
        yield
    finally:
        for name in added:
            del os.environ[name]


@contextmanager
def _hidden(wanted: bool) -> Iterator[None]:
    """Keep workers from importing the script that runs: it costs them half a second, or runs it once more."""
    main = sys.modules["__main__"]
    if wanted:
        sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main
