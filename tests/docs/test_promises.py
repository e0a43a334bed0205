"""The page on promises shows what the chaos suite found."""

from __future__ import annotations

from docs import make_promises
from tests.chaos.faults import FAULTS


def test_the_page_is_made_of_the_results() -> None:
    text = make_promises.PAGE.read_text()
    assert make_promises.page(text) == text


def test_every_result_has_its_place_on_the_page() -> None:
    text = make_promises.PAGE.read_text()
    assert not [name for name in make_promises.parts() if f"<!-- {name} -->" not in text]


def test_the_run_on_file_tried_every_fault_there_is_and_found_nothing() -> None:
    run = make_promises.chaos()
    assert {line.name for line in run.faults} == {fault.name for fault in FAULTS}
    assert {line.name for line in run.groups} <= {*make_promises.FOLD, *make_promises.AWAY}
    assert not run.violated
