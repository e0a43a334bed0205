from __future__ import annotations

import io

from rich.console import Console

from simulations.running.progress import bar
from simulations.running.runner import Job

JOBS = [Job("shop", "uniform", seed, 100) for seed in (1, 2)]


def drawn(console: Console, *, shown: bool | None = None) -> str:
    with bar(JOBS, already=3, shown=shown, console=console) as progress:
        progress.played(50)
        progress.finished(100, 100)
        progress.finished(100, 60)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_a_terminal_is_told_how_far_it_is_and_what_is_left() -> None:
    told = drawn(Console(file=io.StringIO(), force_terminal=True, width=100))
    assert "100 %" in told
    assert "5 of 5 runs" in told
    assert "left" in told


def test_without_a_terminal_nothing_is_told() -> None:
    assert drawn(Console(file=io.StringIO())) == ""


def test_where_nothing_is_missing_there_is_no_bar() -> None:
    console = Console(file=io.StringIO(), force_terminal=True)
    with bar([], already=5, shown=None, console=console):
        pass
    assert isinstance(console.file, io.StringIO)
    assert console.file.getvalue() == ""
