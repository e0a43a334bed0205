"""What a person sees of a demo: a live table on a terminal, a line every few seconds elsewhere."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from simulations.adding.screen import gain_text
from simulations.adding.screen import table as compared
from simulations.demo.reports import ARMS, Lift, PolicyHealth, Report
from simulations.demo.summary import Managed, Summary

LINE_EVERY_S = 5.0
REDRAW_S = 0.25
WIDTH = 78  # of a table: a terminal of 80 columns


class Progress(NamedTuple):
    """One moment of a run."""

    elapsed_s: float
    seconds: float  # of traffic in all
    decisions: int
    decisions_per_s: float  # lately
    p50_ms: float  # NaN before the first decision
    p99_ms: float
    report: Report
    health: PolicyHealth
    managed: Managed | None = None


class Screen:
    """Shows progress; `console` decides how."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._live: Live | None = None
        self._next_line_s = LINE_EVERY_S

    @contextmanager
    def opened(self) -> Iterator[None]:
        """Draw in place, where there is a terminal, until the block ends."""
        if not self._console.is_terminal:
            yield
            return
        with Live(console=self._console, auto_refresh=False) as self._live:
            yield
        self._live = None

    def show(self, progress: Progress) -> None:
        if self._live:
            self._live.update(picture(progress), refresh=True)
        elif progress.elapsed_s >= self._next_line_s:
            self._next_line_s += LINE_EVERY_S
            self.say(line(progress))

    def say(self, text: str) -> None:
        """A line of its own, as it is: no markup, never wrapped."""
        self._console.print(text, markup=False, highlight=False, soft_wrap=True)


def picture(progress: Progress) -> RenderableType:
    """All that is redrawn in place."""
    managed = progress.managed
    return table(progress) if managed is None else Group(table(progress), shop_table(managed), adds_table(managed))


def shop_table(managed: Managed) -> Table:
    """What became of what an ad manager sets."""
    drawn = Table(title="what the ad manager has set", min_width=WIDTH, show_header=False)
    drawn.add_column("")
    drawn.add_column("", justify="right")
    for name, text in managed_rows(managed):
        drawn.add_row(name, text)
    return drawn


def managed_rows(managed: Managed) -> list[tuple[str, str]]:
    """What is said of each part: for the live table and the summary."""
    return [
        ("profiles: shoppers known, things they did", f"{managed.users:,}, {managed.activities:,}"),
        ("products: different ones shown in ads", f"{managed.products:,}"),
        ("caps: requests they held an ad back from", f"{managed.held:,}"),
        ("caps: ads shown beyond them", f"{managed.beyond:,}"),
        ("budget of books: spent, due by now, in all", money(managed)),
    ]


def adds_table(managed: Managed) -> RenderableType:
    """What each part adds, as far as the comparison beside has come."""
    if managed.added:
        return compared(managed.added)
    return Text("what each part adds: simulated beside, nothing is done yet (`adbandit adds` takes its time)")


def money(managed: Managed) -> str:
    """
    >>> money(Managed(users=0, activities=0, products=0, held=0, beyond=0, pacing=None, added=[]))
    '-'
    """
    pacing = managed.pacing
    if pacing is None or not (pacing.spent and pacing.target and pacing.flight):
        return "-"
    return f"{pacing.spent.value:.2f}, {pacing.target.value:.2f}, {pacing.flight.value:.2f} EUR"


def table(progress: Progress) -> Table:
    """The live table."""
    report = progress.report
    drawn = Table(title=f"adbandit demo, {progress.elapsed_s:.0f} of {progress.seconds:.0f} s", min_width=WIDTH)
    drawn.add_column("")
    for heading in ("learned", "holdout"):
        drawn.add_column(heading, justify="right")
    for name, texts in (
        ("decisions past their horizon", [f"{report.arm(arm).decisions:,}" for arm in ARMS]),
        ("clicks", [f"{report.arm(arm).clicks:,}" for arm in ARMS]),
        ("rate", [percent(report.arm(arm).rate) for arm in ARMS]),
    ):
        drawn.add_row(name, *texts)
    drawn.add_row("lift, 95 % interval", lift_text(report.lift), "", end_section=True)
    drawn.add_row("decisions", f"{progress.decisions:,}", f"{progress.decisions_per_s:.0f}/s")
    drawn.add_row("latency p50, p99", milliseconds(progress.p50_ms), milliseconds(progress.p99_ms))
    health = progress.health
    drawn.add_row("model version, age", f"{health.model_version:,}", f"{health.model_age_s:.1f} s")
    return drawn


def line(progress: Progress) -> str:
    """The same on one line."""
    report = progress.report
    return (
        f"{progress.elapsed_s:4.0f} s  {progress.decisions:,} decisions ({progress.decisions_per_s:.0f}/s)  "
        f"learned {percent(report.arm('learned').rate)}  holdout {percent(report.arm('holdout').rate)}  "
        f"lift {lift_text(report.lift)}  p50 {milliseconds(progress.p50_ms)}  "
        f"p99 {milliseconds(progress.p99_ms)}  "
        f"model {progress.health.model_version:,}, {progress.health.model_age_s:.1f} s old" + _managed(progress.managed)
    )


def _managed(managed: Managed | None) -> str:
    if managed is None:
        return ""
    adds = "".join(f"  {row.part} {gain_text(row)}" for row in managed.added)
    return f"  {managed.users:,} shoppers known  {managed.held:,} held by caps  budget {money(managed)}" + (
        f"  adds:{adds}" if adds else ""
    )


def closing(summary: Summary) -> Table:
    """The summary."""
    drawn = Table(title=f"{summary.world}, seed {summary.seed}, {summary.seconds:.0f} s", show_header=False)
    drawn.add_column("")
    drawn.add_column("", justify="right")
    for name, text in (
        ("decisions", f"{summary.decisions:,} ({summary.decisions_per_s:.0f}/s)"),
        ("events", f"{summary.events:,}"),
        ("rate, learned arm", percent(summary.learned_rate)),
        ("rate, holdout", percent(summary.holdout_rate)),
        ("lift, 95 % interval", lift_text(_lift(summary))),
        (
            "rate of an even draw, of the best choice",
            _both(percent, summary.uniform_rate, summary.oracle_rate),
        ),
        (
            "way from one to the other, whole run, last third",
            _both(percent, summary.share_of_gap, summary.share_of_gap_end),
        ),
        ("latency p50, p99", _both(milliseconds, summary.p50_ms, summary.p99_ms)),
        ("model version", f"{summary.model_version:,}"),
        ("lost, doubled", f"{summary.lost:,}, {summary.doubled:,}"),
        *(managed_rows(summary.managed) if summary.managed else ()),
    ):
        drawn.add_row(name, text)
    return drawn


def ending(summary: Summary) -> RenderableType:
    """The summary, and what each part adds."""
    managed = summary.managed
    return closing(summary) if managed is None else Group(closing(summary), adds_table(managed))


def percent(share: float | None) -> str:
    """
    >>> percent(0.0312), percent(None)
    ('3.12 %', '-')
    """
    return "-" if share is None else f"{share:.2%}".replace("%", " %")


def milliseconds(latency_ms: float | None) -> str:
    """
    >>> milliseconds(1.234), milliseconds(None)
    ('1.2 ms', '-')
    """
    return "-" if latency_ms is None or math.isnan(latency_ms) else f"{latency_ms:.1f} ms"


def lift_text(lift: Lift | None) -> str:
    """
    >>> lift_text(Lift(0.62, 0.41, 0.88))
    '+62 % (+41 to +88)'
    """
    if lift is None:
        return "-"
    value, low, high = (f"{100 * share:+.0f}" for share in (lift.value, lift.low, lift.high))
    return f"{value} % ({low} to {high})"


def _both(text: Callable[[float | None], str], first: float | None, second: float | None) -> str:
    return f"{text(first)}, {text(second)}"


def _lift(summary: Summary) -> Lift | None:
    if summary.lift is None or summary.lift_low is None or summary.lift_high is None:
        return None
    return Lift(summary.lift, summary.lift_low, summary.lift_high)
