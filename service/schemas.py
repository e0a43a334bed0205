"""What travels over HTTP. Unknown fields are an error; every bound is stated here and nowhere else."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from bandit.catalog import Creative, Instant
from bandit.config import Id
from bandit.money import Money
from bandit.records import Context, EventId, InlineCandidate

MOST_BODY = 64 * 1024  # bytes of a decision or a single change
MOST_EVENTS_BODY = 512 * 1024  # bytes of an events call
MOST_CATALOG_BODY = 16 * 1024 * 1024

RequestId = Annotated[str, Meta(min_length=1, max_length=128)]
Slot = Annotated[int, Meta(ge=0, le=19)]
DecisionId = Annotated[str, Meta(min_length=1, max_length=160)]
Many = Annotated[tuple[Id, ...], Meta(max_length=10_000)]


class Consent(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    personalize: bool = True


class User(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Somebody, by the shop's own key. Only a keyed pseudonym of it is kept."""

    key: Annotated[str, Meta(min_length=1, max_length=256)] | None = None
    consent: Consent = Consent()


class Pair(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What the shop would have shown."""

    template: Id
    placement: Id | None = None


class RequestCandidate(InlineCandidate, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A candidate described by the request, with what is to be shown."""

    creative: Creative = Creative()


class Options(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    dry_run: bool = False  # decide, but write nothing and sign no links


class DecisionRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    policy: Id = "default"
    request_id: RequestId | None = None
    user: User = User()
    context: Context = {}
    placements: Many | None = None
    templates: Many | None = None
    count: Annotated[int, Meta(ge=1, le=20)] = 1
    candidates: Annotated[tuple[RequestCandidate, ...], Meta(min_length=1, max_length=1_000)] | None = None
    baseline: Pair | None = None
    options: Options = Options()


class BatchRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    requests: Annotated[tuple[msgspec.Raw, ...], Meta(min_length=1, max_length=100)]


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """The creative, rendered."""

    title: str
    description: str
    image_url: str | None
    html: str


class Tracking(msgspec.Struct, frozen=True, kw_only=True):
    impression_url: str
    viewable_url: str
    click_url: str | None  # null where the template has no link, and for candidates of the request


class Ad(msgspec.Struct, frozen=True, kw_only=True):
    slot: int
    template: str
    placement: str
    campaign: str | None
    propensity: float
    trainable: bool
    creative: Shown
    tracking: Tracking | None  # null for a dry run


class NoFill(msgspec.Struct, frozen=True, kw_only=True):
    reason: Literal["no_eligible_candidate", "starting"]  # starting: no catalog was seen yet
    excluded: dict[str, int]


class DecisionAnswer(msgspec.Struct, frozen=True, kw_only=True):
    decision_id: str
    policy: str
    model_version: int
    catalog_version: int
    arm: Literal["learned", "holdout"]
    ads: tuple[Ad, ...]
    no_fill: NoFill | None


class EventMessage(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    id: EventId
    type: Literal["impression", "viewable", "click", "dismiss", "purchase"]
    decision_id: DecisionId
    slot: Slot = 0
    occurred_at: Instant | None = None
    value: Money | None = None


class EventsRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    events: Annotated[tuple[EventMessage, ...], Meta(min_length=1, max_length=500)]


class RewardRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    decision_id: DecisionId
    value: Annotated[float, Meta(ge=-1000.0, le=1000.0)]
    event_id: EventId
    slot: Slot = 0


class Rejected(msgspec.Struct, frozen=True, kw_only=True):
    index: int
    code: str
    detail: str


class EventsAnswer(msgspec.Struct, frozen=True, kw_only=True):
    accepted: int
    duplicates: int
    late: bool  # whether any came past its horizon: archived, not trained
    rejected: tuple[Rejected, ...]


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    pointer: str
    code: str
    detail: str


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """RFC 9457."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
    errors: tuple[Fault, ...] = ()


Json = dict[str, Any]
