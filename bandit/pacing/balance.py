"""How a campaign stands: what is spent, what should be, and how many more of its ads may be decided."""

from __future__ import annotations

import math
from collections.abc import Mapping

import msgspec

from bandit.catalog import Campaign
from bandit.pacing.account import Account, DayCounts, Terms, terms_of
from bandit.pacing.budget import Budget
from bandit.pacing.reserve import held_prices, mean_rate, most_open, rate_of
from bandit.pacing.shadow import band_of
from bandit.pacing.targets import Target, nanos, target
from bandit.pacing.zones import Day, day_of

PLENTY = 1_000_000_000  # ads: no end
WAIT_S = 60.0  # from decision to billable event, while nothing is known of it


class Balance(msgspec.Struct, frozen=True):
    """Amounts are in nanos."""

    day: Day  # by the clock of the budget's zone
    spent_today: int  # by ads that were decided today
    spent: int  # in the whole flight
    held: int  # back, for all ads that are open
    open: int  # ads that are
    goal: int  # of the day
    target: int  # what should be spent today by now
    expected: int  # what is spent today, once the ads that are open are billed
    band: int  # so far ahead of the target it may be
    left: int  # ads that may be decided and do not stand in the log yet


def balance(campaign: Campaign, account: Account, traffic: Mapping[int, int], now: float) -> Balance:
    """The state of a campaign; without a price it has spent nothing, without a budget there is no end.

    account  of all policies together, see `merged`
    traffic  as of `target`
    now      seconds since 1970
    """
    budget, terms = campaign.budget, terms_of(campaign.price) if campaign.price else Terms("mille", 0)
    day = day_of(now, budget.zone if budget else "UTC")
    today = account.days.get(day, DayCounts())
    aim = target(campaign, budget, account.spent - today.spent, traffic, now) if budget else Target(0, 0)
    expected = today.spent + round(_pending(account, terms, day, now) * terms.nanos)
    band = int(band_of(aim.goal, terms.nanos))
    left = PLENTY
    if budget and terms.nanos:
        left = min(_affordable(budget, account, terms, day), _paced(budget, aim, expected, band, account, terms, day))
    return Balance(
        day=day,
        spent_today=today.spent,
        spent=account.spent,
        held=sum(_held(account, counts, day) for counts in account.days.values()),
        open=sum(lot.open for counts in account.days.values() for lot in counts.lots),
        goal=aim.goal,
        target=aim.by_now,
        expected=expected,
        band=band,
        left=max(0, left),
    )


def _paced(budget: Budget, aim: Target, expected: int, band: int, account: Account, terms: Terms, day: Day) -> int:
    """Ads that would bring what is spent today to the end of the band, most likely."""
    if budget.pacing == "none":
        return PLENTY
    ceiling = min(aim.by_now + band, aim.goal)
    return int((ceiling - expected) / (terms.nanos * mean_rate(account, terms.per, day)))


def _affordable(budget: Budget, account: Account, terms: Terms, day: Day) -> int:
    """Ads that neither the day's budget nor the flight's could be overspent by."""
    today = account.days.get(day, DayCounts())
    least = PLENTY
    for money, spent, days in (
        (budget.daily, today.spent, [today]),
        (budget.flight, account.spent, list(account.days.values())),
    ):
        if money:
            least = min(least, _room(nanos(money) - spent, account, days, terms, day))
    return least


def _room(left: int, account: Account, days: list[DayCounts], terms: Terms, day: Day) -> int:
    """Ads that may be decided at these terms, beside those open on these days, with so much money left."""
    same = sum(lot.open for counts in days for lot in counts.lots if lot.terms == terms)
    left -= sum(_held(account, counts, day, but=terms) for counts in days)
    return most_open(left // terms.nanos, rate_of(account, terms.per, day)) - same


def _held(account: Account, counts: DayCounts, day: Day, *, but: Terms | None = None) -> int:
    """Nanos held back for ads of one day, at other terms than `but`."""
    return sum(
        lot.nanos * held_prices(lot.open, rate_of(account, lot.per, day))
        for lot in counts.lots
        if lot.open and lot.terms != but
    )


def _pending(account: Account, terms: Terms, day: Day, now: float) -> float:
    """Ads that are open and, most likely, will be billed: the older, the less."""
    wait_s = max(account.waited_ms / account.waits / 1000.0, 1.0) if account.waits else WAIT_S
    young = sum(
        count * math.exp(-max(now - (minute + 0.5) * 60.0, 0.0) / wait_s) for minute, count in account.young.items()
    )
    return young * mean_rate(account, terms.per, day)
