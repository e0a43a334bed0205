"""What a run of `make chaos` comes to: a row a fault, and whatever was violated."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from statistics import median

import msgspec
from rich.table import Table

from tests.chaos.faults import FAULTS
from tests.chaos.trial import Trial


class Line(msgspec.Struct, frozen=True):
    """One fault, or a group of them."""

    name: str
    group: str
    tries: int
    violated: int  # tries in which anything was
    recovery_median_s: float | None
    recovery_max_s: float | None
    silence_max_s: float  # longest time without any answer


class Violated(msgspec.Struct, frozen=True):
    """One try that contradicted a promise, and how to see it again."""

    fault: str
    command: str
    differences: list[str]


class Summary(msgspec.Struct, frozen=True):
    """A whole run."""

    date: str
    seed: int
    minutes: float
    processors: int
    services: int  # started
    tries: int
    decisions: int  # requests for ads
    events: int
    unanswered: int  # requests whose connection died
    faults: list[Line]
    groups: list[Line]
    violated: list[Violated]


def lines(trials: Iterable[Trial], by_group: bool) -> list[Line]:
    """A line for each fault, or each group, in the order of the table of faults."""
    collected: dict[str, list[Trial]] = defaultdict(list)
    for trial in trials:
        collected[trial.group if by_group else trial.fault].append(trial)
    names = dict.fromkeys(fault.group if by_group else fault.name for fault in FAULTS)
    return [_line(name, collected[name]) for name in names if name in collected]


def _line(name: str, some: Sequence[Trial]) -> Line:
    recovered = [trial.recovery_s for trial in some if trial.recovery_s is not None]
    return Line(
        name=name,
        group=some[0].group,
        tries=len(some),
        violated=sum(bool(trial.violations) for trial in some),
        recovery_median_s=round(median(recovered), 2) if recovered else None,
        recovery_max_s=round(max(recovered), 2) if recovered else None,
        silence_max_s=round(max(trial.silence_s for trial in some), 2),
    )


def table(trials: Sequence[Trial], title: str) -> Table:
    """For the terminal."""
    drawn = Table(title=title)
    for heading in ("fault", "tries", "violated", "recovery, median s", "max", "without answer, max s"):
        drawn.add_column(heading, justify="left" if heading == "fault" else "right", no_wrap=heading == "fault")
    for one in lines(trials, by_group=False):
        median_s, max_s = (
            f"{s:.1f}" if s is not None else "never" for s in (one.recovery_median_s, one.recovery_max_s)
        )
        violated = f"[red]{one.violated}" if one.violated else "0"
        drawn.add_row(one.name, str(one.tries), violated, median_s, max_s, f"{one.silence_max_s:.2f}")
    return drawn
