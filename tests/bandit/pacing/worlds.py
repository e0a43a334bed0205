"""A day of a campaign as pacing sees it: traffic, what is let through, and what comes of that, in steps of seconds."""

from __future__ import annotations

import heapq
import itertools
import math
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import NamedTuple

import numpy as np

from bandit.catalog import Campaign
from bandit.happenings import Happened
from bandit.money import Money
from bandit.pacing.account import NANOS, Account
from bandit.pacing.balance import Balance, balance
from bandit.pacing.budget import Budget, Per, Price
from bandit.pacing.shadow import next_price
from bandit.pacing.spending import BILLABLE, Spending

MIDNIGHT_S = datetime(2026, 3, 2, tzinfo=UTC).timestamp()
DAY_S = 86_400.0
HORIZON_S = 600.0


def euros(value: float) -> Money:
    return Money(value=value, currency="EUR")


def campaign(per: Per = "click", price: float = 0.5, *, pacing: str = "even", **budget: float) -> Campaign:
    amounts = {name: euros(value) for name, value in budget.items()}
    return Campaign(
        id="summer",
        price=Price(per=per, amount=euros(price)),
        budget=Budget(pacing=pacing, **amounts),  # type: ignore[arg-type]
        starts_at=datetime.fromtimestamp(MIDNIGHT_S, UTC),
        ends_at=datetime.fromtimestamp(MIDNIGHT_S + 10 * DAY_S, UTC),
    )


def happened(
    number: int, kind: str, time: float, decided: float, *, name: str = "summer", version: int = 1
) -> Happened:
    """Of the ad in slot 0 of a decision."""
    decision = number.to_bytes(16, "big")
    return Happened("1-0", time, kind, decision, 0, b"", "sale", name, "hero", 0.0, decided, version)  # type: ignore[arg-type]


class Step(NamedTuple):
    """How the campaign stood at one time."""

    now: float
    spent: float  # by the whole flight, in money
    balance: Balance
    shadow: float


def run(
    of: Campaign,
    demand: Callable[[float], float],
    *,
    rate: float,
    seed: int = 0,
    step_s: float = 10.0,
    lasts_s: float = DAY_S,
    delay_s: float = 5.0,
    sensitivity: float = 5.0,
    spending: Spending | None = None,
    starts: float = MIDNIGHT_S,
    horizon_s: float = HORIZON_S,
) -> Iterator[Step]:
    """A campaign among others, of which the shadow price decides how many of the chances it gets.

    demand       time -> chances a second
    rate         of ads that become billable
    delay_s      mean, until they do
    sensitivity  share of chances taken is exp(-sensitivity * shadow price)
    """
    draws = np.random.default_rng(seed)
    kind = BILLABLE[of.price.per]  # type: ignore[union-attr]
    state = spending if spending is not None else Spending(lambda version, name: of)
    numbers = itertools.count(1)
    due: list[tuple[float, int, str, float]] = []
    shadow = 0.0
    for at in range(int(lasts_s / step_s)):
        now = starts + at * step_s
        while due and due[0][0] <= now:
            time, number, what, decided = heapq.heappop(due)
            state.step(happened(number, what, time, decided))
        account = state.accounts.get(of.id, Account())
        found = balance(of, account, state.traffic, now)
        shadow = next_price(shadow, found.expected, found.target, max(found.band, 1), step_s)
        yield Step(now, account.spent / NANOS / 1e6, found, shadow)
        chances = draws.poisson(demand(now) * step_s * math.exp(-sensitivity * shadow))
        for _ in range(min(int(chances), found.left)):
            number = next(numbers)
            state.step(happened(number, "decided", now, now))
            if draws.random() < rate:
                later = now + min(float(draws.exponential(delay_s)), horizon_s - 1.0)
                heapq.heappush(due, (later, number, kind, now))
            heapq.heappush(due, (now + horizon_s, number, "expired", now))
    for time, number, what, decided in sorted(due):
        state.step(happened(number, what, time, decided))
    account = state.accounts.get(of.id, Account())
    yield Step(now, account.spent / NANOS / 1e6, balance(of, account, state.traffic, now), shadow)


def sinusoidal(mean: float) -> Callable[[float], float]:
    """Chances a second over a day: least at 4 in the morning, most at 16, never none."""

    def at(now: float) -> float:
        return mean * (1.0 - 0.8 * math.cos(2 * math.pi * ((now - MIDNIGHT_S) / DAY_S - 4 / 24)))

    return at
