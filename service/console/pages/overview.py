"""The first page: how campaigns are doing now, what policies earn, and whether the service is well."""

from __future__ import annotations

from typing import NamedTuple

from flask import Blueprint, Response, g

from bandit.catalog import Campaign, Catalog
from bandit.money import Money
from service.budgets.standing import Pacing, pacing
from service.console.columns import Around, flight, flown, state, stated
from service.console.listing import Cell
from service.console.page import Console, show
from service.reporting import REPORT_FIELDS, Report, report
from service.store.budgets import Budgets

MOST = 100  # campaigns shown; the list has all
_ORDER = ("running", "waiting", "paused", "over", "ended")


class Spent(NamedTuple):
    """Money that is gone, of what there is."""

    text: str
    share: float | None  # of the budget; None: there is none
    mark: float | None = None  # share that should be gone by now


class Line(NamedTuple):
    """One campaign at a glance."""

    campaign: Campaign
    state: Cell
    flight: str
    flown: float | None  # share of the flight that is over
    today: Spent | None  # None: nothing is paid for
    whole: Spent | None
    templates: int


def register(routes: Blueprint, console: Console) -> None:
    budgets = Budgets(console.web.store)

    @routes.get("")
    def overview() -> Response:
        catalog = console.web.catalogs.current()
        around = Around.of(catalog, g.shown.words, console.web.clock())
        campaigns = sorted(catalog.campaigns, key=lambda one: (_ORDER.index(state(one, around.now)), one.id.casefold()))
        return show(
            "overview.html",
            lines=[_line(campaign, around, budgets) for campaign in campaigns[:MOST]],
            more=max(0, len(campaigns) - MOST),
            reports=_reports(console, catalog),
            catalog=catalog,
            backlog=sum(outbox.backlog() for outbox in console.web.outboxes),
            section="overview",
        )


def _line(campaign: Campaign, around: Around, budgets: Budgets) -> Line:
    stands = pacing(campaign, budgets) if campaign.price else Pacing(campaign=campaign.id)
    return Line(
        campaign,
        stated(state(campaign, around.now), around.t),
        flight(campaign, around.t),
        flown(campaign, around.now),
        _spent(stands.spent_today, stands.daily or stands.goal, stands.target) if campaign.price else None,
        _spent(stands.spent, stands.flight, None) if campaign.price else None,
        around.templates[campaign.id],
    )


def _spent(spent: Money | None, budget: Money | None, target: Money | None) -> Spent:
    """What is gone of a budget, and how much should be by now."""
    gone = spent.value if spent else 0.0
    if budget is None or budget.value == 0.0:
        return Spent(f"{gone:,.2f} {spent.currency}" if spent else "–", None)
    mark = min(1.0, target.value / budget.value) if target else None
    return Spent(f"{gone:,.2f} / {budget.value:,.2f} {budget.currency}", min(1.0, gone / budget.value), mark)


def _reports(console: Console, catalog: Catalog) -> list[Report]:
    fields = [(policy.id, console.web.store.snapshot_fields(policy.id, REPORT_FIELDS)) for policy in catalog.policies]
    return [report(policy, found) for policy, found in fields]
