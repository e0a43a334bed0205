"""What should have been spent by now: all of it at once, evenly, or as the traffic of past days came."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from bandit.catalog import Campaign
from bandit.money import Money, micro
from bandit.pacing.account import NANOS
from bandit.pacing.budget import Budget
from bandit.pacing.zones import bounds, day_of, hour_of

HOUR_S = 3600
LEARN_FROM = 200  # ads of past days; fewer say nothing of their hours
LEAST_WEIGHT = 0.02  # of an hour, in mean ones: one without any traffic so far still gets a little


class Target(NamedTuple):
    """Of the day at hand, in nanos."""

    goal: int  # to be spent by its end
    by_now: int


class Span(NamedTuple):
    """The part of a day in which a campaign runs, seconds since 1970."""

    start: float
    end: float

    def elapsed(self, now: float) -> float:
        """Seconds of it that have passed."""
        return min(max(now - self.start, 0.0), self.end - self.start)


def target(campaign: Campaign, budget: Budget, earlier: int, traffic: Mapping[int, int], now: float) -> Target:
    """The day's goal: its daily budget, or its share of what is left of the flight, whichever is less.

    earlier  nanos spent before today
    traffic  ads decided in each hour since 1970, of whichever campaign; what `learned` learns from
    now      seconds since 1970
    """
    span, ends = _span(campaign, budget, now)
    goals = [nanos(budget.daily)] if budget.daily else []
    if budget.flight:
        left = max(nanos(budget.flight) - earlier, 0)
        goals.append(left if budget.pacing == "none" else int(left * _share_of_flight(span, ends)))
    goal = min(goals)
    return Target(goal, goal if budget.pacing == "none" else int(goal * _passed(budget, span, traffic, now)))


def nanos(money: Money) -> int:
    """An amount in whole nanos."""
    return micro(money.value) * NANOS


def _span(campaign: Campaign, budget: Budget, now: float) -> tuple[Span, float | None]:
    """Today's part of the flight, and when the flight ends."""
    start, end = bounds(day_of(now, budget.zone), budget.zone)
    ends = campaign.ends_at.timestamp() if campaign.ends_at else None
    opens = max(start, campaign.starts_at.timestamp()) if campaign.starts_at else start
    closes = min(end, ends) if ends is not None else end
    return Span(opens, max(opens, closes)), ends


def _share_of_flight(span: Span, ends: float | None) -> float:
    if ends is None:
        return 1.0
    rest = ends - span.start
    return (span.end - span.start) / rest if rest > 0.0 else 1.0


def _passed(budget: Budget, span: Span, traffic: Mapping[int, int], now: float) -> float:
    """Share of the day's goal that is due by now, in [0, 1]."""
    length = span.end - span.start
    if length <= 0.0:
        return 1.0
    weights = hour_weights(traffic, budget.zone, span.start) if budget.pacing == "learned" else None
    if weights is None:
        return span.elapsed(now) / length
    due, whole = 0.0, 0.0
    at = span.start
    while at < span.end:
        following = min((at // HOUR_S + 1) * HOUR_S, span.end)
        weight = weights[hour_of(at, budget.zone)]
        whole += weight * (following - at)
        due += weight * min(max(now - at, 0.0), following - at)
        at = following
    return due / whole


def hour_weights(traffic: Mapping[int, int], zone: str, before: float) -> list[float] | None:
    """Traffic of each hour of the day, in mean hours, by what came before a time; None while that is too little.

    A campaign whose own ads were held back does not learn from that: `traffic` is of all campaigns.
    """
    past = {hour: count for hour, count in traffic.items() if (hour + 1) * HOUR_S <= before}
    if not past or sum(past.values()) < LEARN_FROM or before - min(past) * HOUR_S < 24 * HOUR_S:
        return None
    sums, hours = [0] * 24, [0] * 24
    for hour in range(min(past), int(before // HOUR_S)):
        local = hour_of(hour * HOUR_S, zone)
        sums[local] += past.get(hour, 0)
        hours[local] += 1
    means = [total / max(count, 1) for total, count in zip(sums, hours, strict=True)]
    mean = sum(means) / 24
    return [max(one / mean, LEAST_WEIGHT) for one in means]
