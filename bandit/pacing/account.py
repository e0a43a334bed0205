"""What one campaign has spent, and what may still come of its ads: counts, and nothing that depends on their order.

Money is in whole nanos, thousandths of a millionth: the price of a thousand impressions in millionths is that of one
impression in nanos, so a thousand of them cost exactly what was agreed.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import msgspec
from msgspec.structs import replace

from bandit.money import micro
from bandit.pacing.budget import Per, Price
from bandit.pacing.zones import Day

NANOS = 1_000  # of one millionth
DAYS_KEPT = 8  # whose counts are kept one by one: today, and a week to learn from


class Terms(NamedTuple):
    """What is paid for one billable ad, as it was agreed when the ad was decided."""

    per: Per
    nanos: int  # of one impression, click or purchase


class Lot(msgspec.Struct, array_like=True):
    """The ads of one campaign, day and price."""

    per: Per
    nanos: int
    decided: int = 0
    open: int = 0  # not billed, and their horizon has not passed
    billed: int = 0
    resolved: int = 0  # their horizon has passed
    used: int = 0  # of those resolved, billed within their horizon

    @property
    def terms(self) -> Terms:
        return Terms(self.per, self.nanos)

    @property
    def spent(self) -> int:
        """Nanos."""
        return self.billed * self.nanos


class DayCounts(msgspec.Struct, array_like=True):
    """What came of the ads that were decided on one day."""

    lots: list[Lot] = []
    impressions: int = 0
    clicks: int = 0
    purchases: int = 0

    @property
    def spent(self) -> int:
        """Nanos."""
        return sum(lot.spent for lot in self.lots)

    def lot(self, terms: Terms) -> Lot:
        """The lot of these terms, made if there is none."""
        for lot in self.lots:
            if lot.nanos == terms.nanos and lot.per == terms.per:
                return lot
        made = Lot(*terms)
        self.lots = sorted([*self.lots, made], key=lambda lot: lot.terms)
        return made


class Account(msgspec.Struct, array_like=True):
    """One campaign. An ad belongs to the day it was decided on, whenever it is billed."""

    days: dict[Day, DayCounts] = {}
    earlier: int = 0  # nanos spent on days that are not in `days` any more
    young: dict[int, int] = {}  # minute since 1970 -> ads decided in it that are open, across all days
    waited_ms: int = 0  # from decision to billable event, all ads that were billed while open
    waits: int = 0  # of them

    @property
    def spent(self) -> int:
        """Nanos, in the whole flight."""
        return self.earlier + sum(day.spent for day in self.days.values())

    def day(self, day: Day) -> DayCounts:
        """The counts of a day, made if there are none."""
        found = self.days.get(day)
        if found is None:
            if day > max(self.days, default=0):
                self._forget(day - DAYS_KEPT)
            found = self.days[day] = DayCounts()
        return found

    def _forget(self, last: Day) -> None:
        for day in [day for day in self.days if day <= last and not any(lot.open for lot in self.days[day].lots)]:
            self.earlier += self.days.pop(day).spent


def terms_of(price: Price) -> Terms:
    """Terms of a price in a catalog.

    >>> from bandit.money import Money
    >>> terms_of(Price(per="mille", amount=Money(value=4.5, currency="EUR"))).nanos
    4500000
    """
    amount = micro(price.amount.value)
    return Terms(price.per, amount if price.per == "mille" else amount * NANOS)


def merged(accounts: Iterable[Account]) -> Account:
    """The account of a campaign that several policies show."""
    total = Account()
    for one in accounts:
        total.earlier += one.earlier
        total.waited_ms += one.waited_ms
        total.waits += one.waits
        for minute, count in one.young.items():
            total.young[minute] = total.young.get(minute, 0) + count
        for day, counts in one.days.items():
            _add(total.days.setdefault(day, DayCounts()), counts)
    return total


def closed(account: Account) -> Account:
    """The account with nothing open: what is spent is spent, and nothing more is to come.

    >>> held = Account({1: DayCounts([Lot("click", 5, decided=3, open=2, billed=1)])}, young={7: 2})
    >>> closed(held).days[1].lots, closed(held).young, held.days[1].lots[0].open
    ([Lot(per='click', nanos=5, decided=3, open=0, billed=1, resolved=0, used=0)], {}, 2)
    """
    days = {
        day: replace(counts, lots=[replace(lot, open=0) for lot in counts.lots]) for day, counts in account.days.items()
    }
    return replace(account, days=days, young={})


def _add(total: DayCounts, counts: DayCounts) -> None:
    for lot in counts.lots:
        into = total.lot(lot.terms)
        for name in ("decided", "open", "billed", "resolved", "used"):
            setattr(into, name, getattr(into, name) + getattr(lot, name))
    for name in ("impressions", "clicks", "purchases"):
        setattr(total, name, getattr(total, name) + getattr(counts, name))
