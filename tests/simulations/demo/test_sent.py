from __future__ import annotations

import pytest

from simulations.demo.reports import Arm, Report
from simulations.demo.sent import Books, Ledger, Shown


@pytest.fixture
def ledger() -> Ledger:
    """Ten learned decisions, each looked at, four clicked."""
    sent = Ledger()
    for t in range(10):
        sent.answered(Shown(t, "learned", 0.001 * (t + 1), chosen=0.5, oracle=0.8, uniform=0.2))
        sent.took("learned", "impression")
    for _ in range(4):
        sent.took("learned", "click")
    return sent


def report(decisions: int = 10, clicks: int = 4, *, duplicates: int = 0, late: int = 0) -> Report:
    arm = Arm(decisions=decisions, impressions=10, clicks=clicks)
    used = 10 + clicks
    events = used + duplicates + late
    return Report(arms={"learned": arm}, events=events, used_events=used, duplicates=duplicates)


def test_a_report_of_all_that_was_sent_balances(ledger: Ledger) -> None:
    assert ledger.balance(Report(), report()) == Books(lost=0, doubled=0, late=0)


def test_a_missing_decision_or_click_is_lost(ledger: Ledger) -> None:
    assert ledger.balance(Report(), report(decisions=9)).lost == 1
    assert ledger.balance(Report(), report(clicks=3)).lost == 1


def test_a_decision_or_click_too_many_is_doubled(ledger: Ledger) -> None:
    assert ledger.balance(Report(), report(decisions=11)).doubled == 1
    assert ledger.balance(Report(), report(clicks=5)).doubled == 1


def test_a_click_past_its_horizon_is_late_and_not_lost(ledger: Ledger) -> None:
    assert ledger.balance(Report(), report(clicks=3, late=1)) == Books(lost=0, doubled=0, late=1)


def test_a_duplicate_that_the_service_found_makes_no_difference(ledger: Ledger) -> None:
    assert ledger.balance(Report(), report(duplicates=3)) == Books(lost=0, doubled=0, late=0)


def test_a_decision_without_an_answer_may_stand_in_the_report(ledger: Ledger) -> None:
    ledger.not_answered("ReadTimeoutError")
    assert ledger.balance(Report(), report(decisions=11)).doubled == 0


def test_an_event_never_acknowledged_may_stand_in_the_report(ledger: Ledger) -> None:
    assert ledger.balance(Report(), report(clicks=5), waiting=1).doubled == 0


def test_what_an_earlier_run_left_does_not_count(ledger: Ledger) -> None:
    before = Report(arms={"learned": Arm(decisions=5, clicks=1)}, events=1, used_events=1)
    after = Report(arms={"learned": Arm(decisions=15, impressions=10, clicks=5)}, events=15, used_events=15)
    assert ledger.balance(before, after) == Books(lost=0, doubled=0, late=0)


def test_the_share_of_the_gap_is_measured_between_uniform_and_oracle(ledger: Ledger) -> None:
    assert ledger.share_of_gap() == pytest.approx(0.5)
    ledger.answered(Shown(10, "learned", 0.001, chosen=0.8, oracle=0.8, uniform=0.2))
    assert ledger.share_of_gap(last=1 / 11) == pytest.approx(1.0)


def test_latency_is_that_of_decisions_in_milliseconds(ledger: Ledger) -> None:
    assert ledger.latency_ms(0.5) == pytest.approx(5.5)
