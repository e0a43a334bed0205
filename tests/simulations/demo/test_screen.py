from __future__ import annotations

import io
import re

import pytest
from msgspec import structs
from rich.console import Console

from simulations.adding.comparing import Added
from simulations.demo.reports import Amount, Arm, Lift, Pacing, PolicyHealth, Report
from simulations.demo.screen import Progress, Screen, closing, ending, line, picture
from simulations.demo.sent import Ledger
from simulations.demo.summary import Managed, Summary, summarise

REPORT = Report(
    arms={"learned": Arm(decisions=800, clicks=40, rate=0.05), "holdout": Arm(decisions=200, clicks=6, rate=0.03)},
    lift=Lift(0.67, 0.21, 1.3),
)


def progress(elapsed_s: float) -> Progress:
    return Progress(elapsed_s, 60.0, 1_000, 150.0, 1.2, 3.4, REPORT, PolicyHealth(model_version=812, model_age_s=0.3))


def shown(elapsed_s: list[float], *, terminal: bool) -> str:
    console = Console(file=io.StringIO(), force_terminal=terminal, width=100)
    screen = Screen(console)
    with screen.opened():
        for moment in elapsed_s:
            screen.show(progress(moment))
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


@pytest.fixture
def empty() -> Summary:
    """Of a run in which nothing was answered."""
    return summarise(Ledger(), Report(), Report(), world="shop", seed=1, seconds=0.0, waiting=0)


def test_without_a_terminal_there_is_a_line_every_five_seconds() -> None:
    assert len(shown([1.0, 4.9, 5.0, 6.0, 10.2], terminal=False).splitlines()) == 2


def test_a_line_holds_rates_lift_and_the_model() -> None:
    line = shown([5.0], terminal=False)
    assert "learned 5.00 %  holdout 3.00 %  lift +67 % (+21 to +130)" in line
    assert "model 812, 0.3 s old" in line


def test_on_a_terminal_there_is_a_table() -> None:
    assert "lift, 95 % interval" in shown([1.0], terminal=True)


def test_a_run_without_answers_has_a_summary_without_rates(empty: Summary) -> None:
    assert (empty.decisions, empty.lift, empty.p50_ms, empty.oracle_rate, empty.share_of_gap) == (0, *[None] * 4)
    Console(file=io.StringIO()).print(closing(empty))


MANAGED = Managed(
    users=607,
    activities=7_123,
    products=96,
    held=818,
    beyond=0,
    pacing=Pacing(spent=Amount(2.58), target=Amount(2.7), flight=Amount(5.4)),
    added=[Added("products", 5, 2_000, 53.7, 48.0, 5.7, -1.0, 12.4, 0.13, -0.03, 0.29)],
)


def test_what_an_ad_manager_set_fits_a_terminal_of_80_columns() -> None:
    console = Console(file=io.StringIO(), width=80)
    console.print(picture(progress(1.0)._replace(managed=MANAGED)))
    assert isinstance(console.file, io.StringIO)
    drawn = console.file.getvalue()
    assert "2.58, 2.70, 5.40 EUR" in drawn
    assert re.search(r"\+5\.7 \(-1\.0 to \+12\.4\) │ +\+13 % \(-3 to \+29\)", drawn)
    assert "…" not in drawn


def test_a_line_says_what_each_part_adds() -> None:
    assert line(progress(1.0)._replace(managed=MANAGED)).endswith("adds:  products +13 % (-3 to +29)")


def test_a_run_that_was_too_short_to_compare_says_so(empty: Summary) -> None:
    console = Console(file=io.StringIO(), width=80)
    managed = structs.replace(MANAGED, added=[], pacing=None)
    console.print(ending(structs.replace(empty, managed=managed)))
    assert isinstance(console.file, io.StringIO)
    assert "nothing is done yet" in console.file.getvalue()
