"""What is published of spending, and what people are shown of it."""

from __future__ import annotations

from typing import Any
from unittest.mock import MagicMock

import msgspec
import pytest

from bandit.catalog import Campaign, Catalog, checked
from bandit.config import Policy
from bandit.money import Money
from bandit.pacing.budget import Budget, Price
from bandit.pacing.spending import Spending
from service.access.gate import Access, may
from service.budgets.publishing import Publisher
from service.catalogs import Catalogs
from service.store.budgets import Budgets, Told
from service.store.commands import Store
from service.web.app import create_app
from tests.bandit.pacing.worlds import MIDNIGHT_S, happened

EUR = "EUR"
NOON_S = MIDNIGHT_S + 43_200.0
PRICE = Price(per="click", amount=Money(value=0.5, currency=EUR))
CATALOG = checked(
    Catalog(
        version=1,
        policies=(Policy(id="home"), Policy(id="shop")),
        campaigns=(
            Campaign(id="summer", price=PRICE, budget=Budget(daily=Money(value=10.0, currency=EUR), pacing="none")),
            Campaign(id="free"),
            Campaign(id="open", price=PRICE),
        ),
    )
)


def spending(clicks: int, opens: int = 0, *, name: str = "summer") -> Spending:
    found = Spending(lambda version, one: next(campaign for campaign in CATALOG.campaigns if campaign.id == one))
    for number in range(1, clicks + opens + 1):
        found.step(happened(number, "decided", NOON_S, NOON_S, name=name))
    for number in range(1, clicks + 1):
        found.step(happened(number, "click", NOON_S, NOON_S, name=name))
    return found


@pytest.fixture
def budgets(valkey_url: str) -> Budgets:
    return Budgets(Store(valkey_url))


def left(budgets: Budgets) -> int:
    given, _ = budgets.exchange("asks", {"summer": Told(0, 0, {})}, lapse_s=10.0, settle_s=0.2)
    return given["summer"].available


def test_what_is_left_is_less_what_is_spent_and_open(budgets: Budgets) -> None:
    Publisher(budgets, lambda: CATALOG).publish("home", spending(6, 4), NOON_S, NOON_S)
    assert left(budgets) == 10


def test_policies_share_a_budget(budgets: Budgets) -> None:
    publisher = Publisher(budgets, lambda: CATALOG)
    publisher.publish("home", spending(6), NOON_S, NOON_S)
    publisher.publish("shop", spending(3), NOON_S, NOON_S)
    assert left(budgets) == 11


def test_a_publisher_that_starts_knows_what_other_logs_spent(budgets: Budgets) -> None:
    Publisher(budgets, lambda: CATALOG).publish("home", spending(6), NOON_S, NOON_S)
    Publisher(budgets, lambda: CATALOG).publish("shop", spending(3), NOON_S, NOON_S)
    assert left(budgets) == 11


def test_what_is_open_of_a_policy_that_is_gone_is_held_back_no_longer_and_what_it_spent_stays_spent(
    budgets: Budgets,
) -> None:
    catalogs = [msgspec.structs.replace(CATALOG, policies=CATALOG.policies[:1]), CATALOG]
    publisher = Publisher(budgets, lambda: catalogs[-1])
    publisher.publish("shop", spending(3, 4), NOON_S, NOON_S)
    assert left(budgets) == 13
    del catalogs[-1]
    publisher.publish("home", spending(6), NOON_S, NOON_S)
    assert left(budgets) == 11


def test_to_publish_again_changes_nothing(budgets: Budgets) -> None:
    publisher = Publisher(budgets, lambda: CATALOG)
    for _ in range(3):
        publisher.publish("home", spending(6, 4), NOON_S, NOON_S)
    assert left(budgets) == 10


def test_a_day_begins_without_a_restart(budgets: Budgets) -> None:
    publisher = Publisher(budgets, lambda: CATALOG)
    spent = spending(20)
    publisher.publish("home", spent, NOON_S, NOON_S)
    assert left(budgets) == 0
    publisher.publish("home", spent, NOON_S, NOON_S + 43_200.0)
    assert left(budgets) == 20


def test_a_clock_that_is_ahead_does_not_vouch_for_what_is_to_come(budgets: Budgets) -> None:
    Publisher(budgets, lambda: CATALOG).publish("home", spending(1), NOON_S + 3600, NOON_S)
    _, until = budgets.exchange("asks", {"summer": Told(0, 0, {})}, lapse_s=10.0, settle_s=0.2)
    assert until == {"home": NOON_S}


@pytest.fixture
def client(valkey_url: str, tmp_path: Any) -> Any:
    store = Store(valkey_url)
    Catalogs(store).replace_if_other(CATALOG)
    web = MagicMock(
        elapsed=float, access=Access(tmp_path, "127.0.0.1", 1, float), store=store, catalogs=Catalogs(store)
    )
    return create_app(web).test_client()


def test_people_see_how_a_campaign_stands(client: Any, budgets: Budgets) -> None:
    Publisher(budgets, lambda: CATALOG).publish("home", spending(6, 4), NOON_S, NOON_S)
    found = client.get("/v1/campaigns/summer/pacing").json
    assert (found["spent_today"], found["remaining_today"]) == (
        {"value": 3.0, "currency": EUR},
        {"value": 7.0, "currency": EUR},
    )
    assert (found["day"], found["open"], found["held"]["value"], found["flight"]) == ("2026-03-02", 4, 2.0, None)


def test_what_a_campaign_without_a_budget_costs_is_shown(client: Any, budgets: Budgets) -> None:
    Publisher(budgets, lambda: CATALOG).publish("home", spending(6, name="open"), NOON_S, NOON_S)
    found = client.get("/v1/campaigns/open/pacing").json
    assert (found["spent"]["value"], found["target"], found["remaining"]) == (3.0, None, None)


def test_what_was_not_published_yet_is_null(client: Any) -> None:
    assert client.get("/v1/campaigns/summer/pacing").json["spent"] is None
    assert client.get("/v1/campaigns/free/pacing").status_code == 200
    assert client.get("/v1/campaigns/none/pacing").status_code == 404


def test_a_key_for_reports_may_look() -> None:
    assert may("report", "GET", "/v1/campaigns/summer/pacing")
    assert not may("decide", "GET", "/v1/campaigns/summer/pacing")
