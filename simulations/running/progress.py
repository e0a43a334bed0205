"""How far a simulation is, and how long it will take: a bar where there is a terminal, nothing elsewhere."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from simulations.running.runner import Job


class Bar:
    """Counts rounds. Of its own it shows nothing."""

    def __init__(self) -> None:
        self._asked = 0  # rounds of finished runs, as asked for
        self._given = 0  # rounds their worlds gave
        self._under_way = 0  # rounds played, of unfinished runs too

    def add(self, rounds: int) -> None:
        """Rounds have been played in this process."""
        self.played(self._under_way + rounds)

    def played(self, rounds: int) -> None:
        """All rounds played so far, those of unfinished runs too, as far as is known."""
        self._under_way = max(rounds, self._given)
        self._show(self._asked + self._under_way - self._given)

    def finished(self, asked: int, given: int) -> None:
        """A run is done. A data set may give fewer rounds than were asked."""
        self._asked += asked
        self._given += given
        self.played(self._under_way)

    def _show(self, rounds: int) -> None:
        """Show that the work has come so far."""


class _Drawn(Bar):
    def __init__(self, progress: Progress, task: TaskID, runs: int) -> None:
        super().__init__()
        self._progress = progress
        self._task = task
        self._runs = runs

    def finished(self, asked: int, given: int) -> None:
        self._runs += 1
        super().finished(asked, given)

    def _show(self, rounds: int) -> None:
        self._progress.update(self._task, completed=rounds, runs=self._runs)


@contextmanager
def bar(missing: Sequence[Job], *, already: int, shown: bool | None, console: Console | None = None) -> Iterator[Bar]:
    """A bar until the block ends.

    missing  runs to be done
    already  runs that were done before
    shown    None: where the console is a terminal
    """
    console = console or Console(stderr=True)
    if not (console.is_terminal if shown is None else shown) or not missing:
        yield Bar()
        return
    columns = (
        BarColumn(),
        TextColumn("{task.percentage:3.0f} %  {task.fields[runs]} of {task.fields[all]} runs "),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console) as progress:
        task = progress.add_task("", total=sum(job.rounds for job in missing), runs=already, all=already + len(missing))
        yield _Drawn(progress, task, already)
