"""What an ad manager does once a shop is up: put the feed in, and give a campaign its money for as long as it runs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from simulations.demo.started import Service
from simulations.environments.audience import Audience
from simulations.environments.base import Environment, Json

CAMPAIGN = "books-2026"  # that pays for impressions
SHARE = 0.05  # of all ads that its money buys: about half of those it would have
LEAST = 20  # ads, however short the demo is
SPARE_S = 2.0  # its flight outlasts the traffic

# Matches are made of what shoppers did, and a demo is short: by default there are new ones every few minutes.
SETTINGS = {"ADBANDIT_MATCH_S": "8", "ADBANDIT_ARCHIVE_S": "4"}


def furnish(service: Service, world: Environment, *, now: float, seconds: float, rate: float) -> None:
    """Products and a budget, in a world that has them. Raises NotTaken.

    now      seconds since 1970
    seconds  of traffic
    rate     requests a second
    """
    if not isinstance(world, Audience):
        return
    service.send("POST", "/v1/products", {"products": world.products()})
    campaign = next(one for one in world.catalog()["campaigns"] if one["id"] == CAMPAIGN)
    known = service.pacing(CAMPAIGN)
    spent = known.spent.value if known and known.spent else 0.0
    service.send("PUT", f"/v1/campaigns/{CAMPAIGN}", campaign | _flight(campaign, spent, now, seconds, rate))


def _flight(campaign: Json, spent: float, now: float, seconds: float, rate: float) -> Json:
    """From now to the end of the traffic, its money spread evenly over that; beside what earlier demos spent."""
    begins = datetime.fromtimestamp(now, UTC)
    price = campaign["price"]["amount"]
    money = spent + max(LEAST, SHARE * seconds * rate) * price["value"] / 1_000.0
    return {
        "starts_at": begins.isoformat(),
        "ends_at": (begins + timedelta(seconds=seconds + SPARE_S)).isoformat(),
        "budget": {"flight": {"value": money, "currency": price["currency"]}, "pacing": "even"},
    }
