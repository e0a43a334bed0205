"""What of a price and a budget is refused."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec
import pytest

from bandit.catalog import Campaign, Catalog, checked
from bandit.config import Policy
from bandit.errors import BadInput
from bandit.pacing.budget import Budget, Price
from tests.bandit.pacing.worlds import euros


def refused(campaign: Campaign) -> BadInput:
    with pytest.raises(BadInput) as found:
        checked(Catalog(policies=(Policy(id="home"),), campaigns=(Campaign(id="other"), campaign)))
    return found.value


def clicks(value: float = 0.5, currency: str = "EUR") -> Price:
    return msgspec.convert({"per": "click", "amount": {"value": value, "currency": currency}}, Price)


@pytest.mark.parametrize("zone", ["Mars/Base", "", "../UTC", "\0"])
def test_a_budget_of_an_unknown_zone_is_refused_by_name(zone: str) -> None:
    with pytest.raises(ValueError, match="zone"):
        Budget(daily=euros(1.0), zone=zone)


def test_a_budget_without_a_price_is_refused() -> None:
    assert refused(Campaign(id="c", budget=Budget(daily=euros(5.0)))).pointer == "#/campaigns/1/price"


def test_a_price_in_another_currency_is_refused() -> None:
    fault = refused(Campaign(id="c", price=clicks(currency="XTS")))
    assert (fault.pointer, fault.code) == ("#/campaigns/1/price/amount/currency", "currency")


def test_a_budget_in_another_currency_is_refused() -> None:
    budget = msgspec.convert({"daily": {"value": 5, "currency": "USD"}}, Budget)
    assert refused(Campaign(id="c", price=clicks(), budget=budget)).pointer == "#/campaigns/1/budget/daily"


@pytest.mark.parametrize("value", [0.0, 1e-9])
def test_a_price_of_nothing_with_a_budget_is_refused(value: float) -> None:
    fault = refused(Campaign(id="c", price=clicks(value), budget=Budget(daily=euros(5.0))))
    assert fault.pointer == "#/campaigns/1/price/amount/value"


def test_a_day_above_the_flight_is_refused() -> None:
    budget = Budget(daily=euros(50.0), flight=euros(5.0))
    assert refused(Campaign(id="c", price=clicks(), budget=budget)).pointer == "#/campaigns/1/budget/daily/value"


def test_a_budget_below_one_price_is_refused() -> None:
    fault = refused(Campaign(id="c", price=clicks(2.0), budget=Budget(daily=euros(1.0))))
    assert fault.pointer == "#/campaigns/1/budget/daily/value"


def test_a_flight_is_spread_only_up_to_an_end() -> None:
    even = Campaign(id="c", price=clicks(), budget=Budget(flight=euros(5.0)))
    assert refused(even).pointer == "#/campaigns/1/ends_at"
    ends = msgspec.structs.replace(even, ends_at=datetime(2027, 1, 1, tzinfo=UTC))
    none = msgspec.structs.replace(even, budget=Budget(flight=euros(5.0), pacing="none"))
    daily = msgspec.structs.replace(even, budget=Budget(daily=euros(1.0), flight=euros(5.0)))
    for fine in (ends, none, daily):
        checked(Catalog(policies=(Policy(id="home"),), campaigns=(fine,)))
