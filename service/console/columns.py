"""The cells of each list, by kind and column."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Literal, NamedTuple

from bandit.catalog import Campaign, Catalog, Template
from bandit.creatives.variants import expand
from service.console.languages import Words
from service.console.listing import Cell, Row

State = Literal["running", "waiting", "over", "paused", "ended"]
_TONES = {"running": "good", "active": "good", "waiting": "calm", "over": "faint", "paused": "warn", "ended": "faint"}


class Around(NamedTuple):
    """What a cell is told besides its item."""

    t: Words
    now: float  # seconds since 1970
    templates: Counter[str | None]  # by campaign

    @classmethod
    def of(cls, catalog: Catalog, t: Words, now: float) -> Around:
        return cls(t, now, Counter(template.campaign for template in catalog.templates))


def state(campaign: Campaign, now: float) -> State:
    """Whether a campaign runs at a moment, and if not, why."""
    at = datetime.fromtimestamp(now, UTC)
    if campaign.status != "active":
        return campaign.status
    if campaign.ends_at and at >= campaign.ends_at:
        return "over"
    return "waiting" if campaign.starts_at and at < campaign.starts_at else "running"


def flight(campaign: Campaign, t: Words) -> str:
    """From when to when, in days."""
    starts, ends = (moment.date().isoformat() if moment else "" for moment in _ends(campaign))
    given = "both" if starts and ends else "from" if starts else "until" if ends else "always"
    return t(f"flight.{given}", starts=starts, ends=ends)


def flown(campaign: Campaign, now: float) -> float | None:
    """The share of its flight that is over; None where it has no two ends."""
    starts, ends = _ends(campaign)
    if not starts or not ends:
        return None
    return min(1.0, max(0.0, (now - starts.timestamp()) / (ends.timestamp() - starts.timestamp())))


def _ends(campaign: Campaign) -> tuple[datetime | None, datetime | None]:
    return campaign.starts_at, campaign.ends_at


def rows(kind: str, columns: tuple[str, ...], catalog: Catalog, around: Around) -> list[Row]:
    """A whole list, in the order of names."""
    cells = _CELLS[kind]
    items = sorted(getattr(catalog, kind), key=lambda item: str(item.id).casefold())
    return [Row(item.id, tuple(cells[column](item, around) for column in columns)) for item in items]


def _state(campaign: Campaign, around: Around) -> Cell:
    return stated(state(campaign, around.now), around.t)


def stated(name: str, t: Words) -> Cell:
    """A status as it is shown."""
    return Cell(t(f"state.{name}"), name, _TONES[name])


def _variants(template: Any, around: Around) -> Cell:
    grammar = template.grammar
    count = max(1, len(grammar.headlines)) * max(1, len(grammar.calls_to_action)) if grammar else 1
    return _count(count)


def variants(template: Template) -> list[tuple[str, str]]:
    """Headline and call to action of every variant a template has."""
    return [(one.creative.title, one.creative.call_to_action) for one in expand(template)]


def _knows(policy: Any, around: Around) -> Cell:
    names = [name for name in ("profiles", "fatigue") if getattr(policy, name)]
    return Cell(", ".join(around.t(f"Policy.{name}") for name in names) or "–")


def _size(placement: Any, around: Around) -> Cell:
    if not placement.width and not placement.height:
        return Cell("–", 0)
    return Cell(f"{placement.width or '?'} × {placement.height or '?'}", placement.width or 0)


def _count(number: int) -> Cell:
    return Cell(str(number), number, "number")


def _name(item: Any, around: Around) -> Cell:
    return Cell(item.id)


_CELLS: dict[str, dict[str, Callable[[Any, Around], Cell]]] = {
    "campaigns": {
        "id": _name,
        "state": _state,
        "advertiser": lambda campaign, _: Cell(campaign.advertiser or "–"),
        "flight": lambda campaign, around: Cell(flight(campaign, around.t), str(campaign.ends_at or "9")),
        "priority": lambda campaign, _: _count(campaign.priority),
        "templates": lambda campaign, around: _count(around.templates[campaign.id]),
    },
    "templates": {
        "id": _name,
        "status": lambda template, around: stated(template.status, around.t),
        "title": lambda template, _: Cell(template.creative.title or "–"),
        "campaign": lambda template, _: Cell(template.campaign or "–"),
        "variants": _variants,
    },
    "placements": {
        "id": _name,
        "kind": lambda placement, around: Cell(around.t(f"Placement.kind.{placement.kind}")),
        "page_type": lambda placement, _: Cell(placement.page_type or "–"),
        "format": lambda placement, _: Cell(placement.format or "–"),
        "size": _size,
    },
    "policies": {
        "id": _name,
        "exploration": lambda policy, around: Cell(around.t(f"Exploration.kind.{policy.exploration.kind}")),
        "horizon": lambda policy, _: Cell(f"{policy.horizon_s:g} s", policy.horizon_s, "number"),
        "holdout": lambda policy, _: Cell(f"{policy.holdout.share:.0%}", policy.holdout.share, "number"),
        "knows": _knows,
    },
}
