"""What a report says of totals."""

from __future__ import annotations

import msgspec
import pytest

from bandit.fold import Fold
from bandit.lineage import Line
from bandit.records import HOLDOUT, LEARNED
from service.reporting import report
from tests.entries import LEARNING, grown, shelf_at


def learned() -> Fold:
    fold = Fold(LEARNING, shelf_at)
    for position, entry in grown(5, 400):
        fold.step(position, entry)
    return fold


def test_a_report_has_each_arm_s_rate_and_the_lift_between_them() -> None:
    fold = learned()
    told = report("home", fold.snapshot())
    sums = [fold.totals.arm(arm) for arm in (LEARNED, HOLDOUT)]
    rates = [of["clicks"] / of["slots"] for of in sums]
    assert (told.arms["learned"].rate, told.arms["holdout"].rate) == tuple(rates)
    assert told.lift is not None
    assert told.lift.value == pytest.approx(rates[0] / rates[1] - 1)
    assert told.lift.low < told.lift.value < told.lift.high


def test_after_a_rebuild_what_was_learned_is_not_the_version() -> None:
    fold = learned()
    fold.lines = (Line(how="rebuilt", base=1_000_000),)
    told = report("home", fold.snapshot())
    assert (told.learned, told.model_version) == (fold.model.learned, 1_000_000 + fold.model.learned)


def test_a_report_can_be_sent() -> None:
    told = msgspec.json.decode(msgspec.json.encode(report("home", learned().snapshot())))
    assert set(told["lift"]) == {"value", "low", "high", "level"}


def test_of_nothing_there_is_a_report_too() -> None:
    assert report("home", {}).lift is None
