"""What came of a demo, in one record: for people, for `--json` and for tests."""

from __future__ import annotations

import math

import msgspec

from simulations.adding.comparing import Added
from simulations.demo.reports import Arm, Lift, Pacing, Report
from simulations.demo.sent import Ledger


class Managed(msgspec.Struct, frozen=True, kw_only=True):
    """What became of what an ad manager sets."""

    users: int  # shoppers of whom something is known
    activities: int  # that they did and the service was told of
    products: int  # different ones shown
    held: int  # requests at which an ad was as often shown as its cap allows, and was not
    beyond: int  # ads shown oftener than their caps allow: those in flight when a cap was reached
    pacing: Pacing | None  # of the campaign with a budget
    added: list[Added]  # what each part adds, in paired simulations beside; empty where none was done in time


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """A finished run. Rates are clicks an ad served; `null` where nothing can be said."""

    world: str
    seed: int
    seconds: float  # of traffic
    decisions: int  # answered
    events: int  # acknowledged, each id once
    learned_rate: float | None  # as the service reports it
    holdout_rate: float | None
    lift: float | None  # of the learned rate over the holdout's, relative
    lift_low: float | None  # 95 % interval, users as the unit of chance
    lift_high: float | None
    oracle_rate: float | None  # had every shopper been shown her best candidate
    uniform_rate: float | None  # had every candidate been as likely
    share_of_gap: float | None  # of the way from uniform, 0, to oracle, 1, that the learned arm came
    share_of_gap_end: float | None  # the same over the last third of its decisions
    p50_ms: float | None  # latency of decisions, as shoppers see it
    p99_ms: float | None
    decisions_per_s: float
    model_version: int
    revenue: float  # EUR, both arms
    lost: int  # acknowledged, and missing from the service's report
    doubled: int  # in the report more often than sent
    late: int  # acknowledged past the horizon: archived, not trained
    unanswered: int  # decisions without an answer
    retried: int  # events sent again for want of an acknowledgement
    refused: int  # events the service would not take
    waiting: int  # events never acknowledged
    managed: Managed | None = None  # null in worlds where there is nothing to manage


def summarise(
    ledger: Ledger,
    before: Report,
    after: Report,
    *,
    world: str,
    seed: int,
    seconds: float,
    waiting: int,
    managed: Managed | None = None,
) -> Summary:
    """Close the books.

    before, after  the service's report as the run began, and once no decision was open
    seconds        that traffic took
    waiting        events never acknowledged
    """
    books = ledger.balance(before, after, waiting)
    lift = after.lift or Lift(math.nan, math.nan, math.nan)
    shown = ledger.shown
    return Summary(
        world=world,
        seed=seed,
        seconds=seconds,
        decisions=len(shown),
        events=ledger.events,
        learned_rate=after.arm("learned").rate,
        holdout_rate=after.arm("holdout").rate,
        lift=_number(lift.value),
        lift_low=_number(lift.low),
        lift_high=_number(lift.high),
        oracle_rate=_mean([one.oracle for one in shown]),
        uniform_rate=_mean([one.uniform for one in shown]),
        share_of_gap=ledger.share_of_gap(),
        share_of_gap_end=ledger.share_of_gap(last=1 / 3),
        p50_ms=_number(ledger.latency_ms(0.5)),
        p99_ms=_number(ledger.latency_ms(0.99)),
        decisions_per_s=len(shown) / seconds if seconds > 0 else 0.0,
        model_version=after.model_version,
        revenue=round(_revenue(after.arms) - _revenue(before.arms), 2),
        lost=books.lost,
        doubled=books.doubled,
        late=books.late,
        unanswered=ledger.unanswered,
        retried=ledger.retried,
        refused=ledger.refused,
        waiting=waiting,
        managed=managed,
    )


def _revenue(arms: dict[str, Arm]) -> float:
    return sum(arm.revenue for arm in arms.values())


def _mean(rates: list[float]) -> float | None:
    return sum(rates) / len(rates) if rates else None


def _number(value: float) -> float | None:
    """None for NaN, which JSON has no word for."""
    return None if math.isnan(value) else value
