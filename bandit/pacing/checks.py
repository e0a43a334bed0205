"""What of a campaign's price and budget does not hold together, told before it is in force."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Protocol

from bandit.errors import BadInput
from bandit.money import Money, micro
from bandit.pacing.budget import Budget, Price


class Paying(Protocol):
    """What of a campaign is looked at."""

    @property
    def ends_at(self) -> datetime | None: ...
    @property
    def price(self) -> Price | None: ...
    @property
    def budget(self) -> Budget | None: ...


def check_money(campaign: Paying, currencies: Collection[str], *, at: str) -> None:
    """Refuse a price or a budget that could not be kept.

    currencies  of the policies that may show it
    at          pointer to the campaign

    Raises BadInput.
    """
    price, budget = campaign.price, campaign.budget
    if price:
        _same_currency(price.amount, currencies, at=f"{at}/price/amount/currency")
    if budget is None:
        return
    for name, money in (("daily", budget.daily), ("flight", budget.flight)):
        if money:
            _same_currency(money, {*currencies, *([price.amount.currency] if price else ())}, at=f"{at}/budget/{name}")
    if price is None:
        raise BadInput(f"{at}/price", "unresolved", "a budget without a price would never be spent")
    if micro(price.amount.value) == 0:
        raise BadInput(f"{at}/price/amount/value", "bound", "with a budget a price is a millionth or more")
    _amounts(budget, price, at=f"{at}/budget")
    if budget.pacing != "none" and not budget.daily and campaign.ends_at is None:
        detail = f"to spread a flight's budget ({budget.pacing}) its end is wanted; or give `pacing` as `none`"
        raise BadInput(f"{at}/ends_at", "unresolved", detail)


def _same_currency(money: Money, currencies: Collection[str], *, at: str) -> None:
    others = sorted({one for one in currencies if one != money.currency})
    if others:
        detail = f"{money.currency} is not the currency that is counted in: {', '.join(others)}"
        raise BadInput(at, "currency", detail)


def _amounts(budget: Budget, price: Price, *, at: str) -> None:
    if budget.daily and budget.flight and budget.daily.value > budget.flight.value:
        detail = f"{budget.daily.value} a day is above {budget.flight.value} in the whole flight"
        raise BadInput(f"{at}/daily/value", "bound", detail)
    pieces = 1_000 if price.per == "mille" else 1
    for name, money in (("daily", budget.daily), ("flight", budget.flight)):
        if money and money.value * pieces < price.amount.value:
            detail = f"{money.value} does not pay for one {price.per} at {price.amount.value}"
            raise BadInput(f"{at}/{name}/value", "bound", detail)
