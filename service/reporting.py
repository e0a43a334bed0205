"""What each arm of a policy earned, from the learner's own totals."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from bandit.fold import Counts
from bandit.intervals.interval import Interval
from bandit.intervals.lift import lift
from bandit.records import ARMS, HOLDOUT, LEARNED
from bandit.totals import Totals

LEVEL = 0.95
REPORT_FIELDS = ("totals", "counts", "manifest")  # of the snapshot


class Arm(msgspec.Struct, frozen=True, kw_only=True):
    """Sums over closed decisions of one arm."""

    decisions: int
    slots: int  # ads served
    impressions: int
    clicks: int
    conversions: int
    revenue: float
    rate: float | None  # clicks a slot served; null where nothing was served
    mean_reward: float | None  # reward units a slot served


class Lift(msgspec.Struct, frozen=True, kw_only=True):
    """Relative lift of the learned arm over the holdout, with users as the unit of chance."""

    value: float
    low: float
    high: float
    level: float


class Report(msgspec.Struct, frozen=True, kw_only=True):
    policy: str
    model_version: int
    learned: int  # outcomes learned
    open: int  # decisions that wait for their horizon
    arms: dict[str, Arm]
    lift: Lift | None  # of the click rate; null where nothing can be said yet
    reward_lift: Lift | None  # of the mean reward
    events: int  # in the log
    used_events: int  # counted towards a closed decision
    duplicates: int  # ids that stood in the log before
    set_aside: int  # damaged log entries


def report(policy: str, fields: Mapping[str, bytes]) -> Report:
    """The report of one policy.

    fields  REPORT_FIELDS of its snapshot; empty where nothing was learned yet
    """
    totals = Totals.from_bytes(fields["totals"]) if fields else Totals()
    counts = msgspec.json.decode(fields["counts"], type=Counts) if fields else Counts()
    manifest = msgspec.json.decode(fields["manifest"]) if fields else {"version": 0, "learned": 0, "open": 0}
    return Report(
        policy=policy,
        model_version=manifest["version"],
        learned=manifest["learned"],
        open=manifest["open"],
        arms={name: _arm(totals.arm(number)) for number, name in enumerate(ARMS)},
        lift=_lift(totals, "clicks"),
        reward_lift=_lift(totals, "reward"),
        events=counts.events,
        used_events=counts.used,
        duplicates=counts.duplicates,
        set_aside=counts.damaged,
    )


def _arm(sums: Mapping[str, float]) -> Arm:
    slots = sums["slots"]
    return Arm(
        decisions=int(sums["decisions"]),
        slots=int(slots),
        impressions=int(sums["impressions"]),
        clicks=int(sums["clicks"]),
        conversions=int(sums["conversions"]),
        revenue=sums["revenue"],
        rate=sums["clicks"] / slots if slots else None,
        mean_reward=sums["reward"] / slots if slots else None,
    )


def _lift(totals: Totals, measure: str) -> Lift | None:
    treated, control = ((totals.by_bucket(arm, measure), totals.by_bucket(arm, "slots")) for arm in (LEARNED, HOLDOUT))
    found: Interval | None = lift(treated, control, level=LEVEL)
    return Lift(value=found.value, low=found.low, high=found.high, level=found.level) if found else None
