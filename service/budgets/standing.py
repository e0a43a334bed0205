"""How a campaign stands, for people: the newest publication, in money."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec

from bandit.catalog import Campaign
from bandit.money import MICRO, Money
from bandit.pacing.account import NANOS
from bandit.pacing.zones import named
from service.budgets.publishing import state_of
from service.store.budgets import Budgets


class Pacing(msgspec.Struct, frozen=True, kw_only=True):
    """Null where there is no price or no budget, or where nothing was published yet."""

    campaign: str
    at: datetime | None = None  # when this was so
    zone: str = "UTC"  # by whose midnight days begin
    day: str | None = None
    spent_today: Money | None = None  # by ads that were decided today
    spent: Money | None = None  # in the whole flight
    daily: Money | None = None  # budget
    flight: Money | None = None  # budget
    remaining_today: Money | None = None  # of `daily`
    remaining: Money | None = None  # of `flight`
    held: Money | None = None  # back, for ads that are open
    open: int = 0  # ads that may become billable
    target: Money | None = None  # what should be spent today by now
    goal: Money | None = None  # of today
    shadow_price: float = 0.0  # shares of the largest reward, in [0, 1]


def pacing(campaign: Campaign, budgets: Budgets) -> Pacing:
    """How a campaign stands. Raises StoreAway."""
    price, budget = campaign.price, campaign.budget
    zone = budget.zone if budget else "UTC"
    state = state_of(budgets.state(campaign.id)) if price else None
    found = Pacing(
        campaign=campaign.id,
        zone=zone,
        daily=budget.daily if budget else None,
        flight=budget.flight if budget else None,
    )
    if price is None or state is None:
        return found
    balance, currency = state.balance, price.amount.currency
    return msgspec.structs.replace(
        found,
        at=datetime.fromtimestamp(state.at, UTC),
        day=named(balance.day),
        spent_today=_money(balance.spent_today, currency),
        spent=_money(balance.spent, currency),
        remaining_today=_rest(found.daily, balance.spent_today),
        remaining=_rest(found.flight, balance.spent),
        held=_money(balance.held, currency),
        open=balance.open,
        target=_money(balance.target, currency) if budget else None,
        goal=_money(balance.goal, currency) if budget else None,
        shadow_price=state.shadow,
    )


def _money(nanos: int, currency: str) -> Money:
    return Money(value=nanos // NANOS / MICRO, currency=currency)


def _rest(budget: Money | None, spent: int) -> Money | None:
    return (
        Money(value=max(0.0, round(budget.value - spent / NANOS / MICRO, 6)), currency=budget.currency)
        if budget
        else None
    )
