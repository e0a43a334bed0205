"""What travels over HTTP. Unknown fields are an error; every bound is stated here and nowhere else."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from bandit.catalog import Creative, Instant
from bandit.config import Id
from bandit.creatives.filled import Item
from bandit.creatives.slots import Format
from bandit.money import Money
from bandit.profiles.activity import Channel, Kind
from bandit.records import Context, EventId, InlineCandidate

MOST_BODY = 64 * 1024  # bytes of a decision or a single change
MOST_EVENTS_BODY = 512 * 1024  # bytes of an events call
MOST_ACTIVITY_BODY = 4 * 1024 * 1024  # bytes of a call that tells what users did
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
    """The creative, filled and rendered."""

    title: str
    description: str
    image_url: str | None
    html: str
    format: Format | None = None  # null: the page styles it, `html` has no style
    width: int | None = None  # pixels
    height: int | None = None
    video_url: str | None = None
    price: str = ""  # as it is shown, with its currency
    was_price: str = ""  # before the sale; empty without one
    call_to_action: str = ""
    items: tuple[Item, ...] = ()  # products shown, the first of them filling the rest


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
    product: str | None = None  # the first shown
    variant: int = 0  # of the template's grammar, counted from 0


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


Clean = Annotated[str, Meta(pattern=r"^[^\x00-\x1f\x7f]*\Z")]  # without control characters
UserKey = Annotated[str, Meta(min_length=1, max_length=256)]


class ActivityUser(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Who did it, by the shop's own key or by that of a device or session; both are one user from then on."""

    key: UserKey | None = None
    anonymous_key: UserKey | None = None
    consent: Consent = Consent()

    def __post_init__(self) -> None:
        if self.key is None and self.anonymous_key is None:
            raise ValueError("a key or an anonymous_key is wanted")


class ActivityMessage(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One thing a user did; of no text more is kept than hashed words and a score."""

    id: EventId
    type: Kind | Literal["identify"]  # identify: nothing was done, but both keys of the user are one
    user: ActivityUser
    product: Annotated[Clean, Meta(max_length=128)] = ""  # id in the feed, known or not
    category: Annotated[Clean, Meta(max_length=256)] = ""  # from the widest to the narrowest: shoes > running
    brand: Annotated[Clean, Meta(max_length=64)] = ""
    price: Money | None = None  # of one piece
    quantity: Annotated[int, Meta(ge=0, le=1_000_000)] = 1
    query: Annotated[str, Meta(max_length=256)] | None = None  # what was searched for
    text: Annotated[str, Meta(max_length=10_000)] | None = None  # of a review
    rating: Annotated[float, Meta(ge=1.0, le=5.0)] | None = None  # of a review, stars
    dwell_s: Annotated[float, Meta(ge=0.0, le=86_400.0)] | None = None
    channel: Channel = "web"
    occurred_at: Instant | None = None

    def __post_init__(self) -> None:
        if self.type == "search" and self.query is None:
            raise ValueError("a search has a query")
        if self.type == "dwell" and self.dwell_s is None:
            raise ValueError("a dwell has dwell_s")
        if self.type == "identify" and (self.user.key is None or self.user.anonymous_key is None):
            raise ValueError("to identify takes both a key and an anonymous_key")


class ActivityRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    activities: Annotated[tuple[ActivityMessage, ...], Meta(min_length=1, max_length=500)]


class Rejected(msgspec.Struct, frozen=True, kw_only=True):
    index: int
    code: str
    detail: str


class EventsAnswer(msgspec.Struct, frozen=True, kw_only=True):
    accepted: int
    duplicates: int
    late: bool  # whether any came past its horizon: archived, not trained
    rejected: tuple[Rejected, ...]


class ActivityAnswer(msgspec.Struct, frozen=True, kw_only=True):
    accepted: int
    duplicates: int
    ignored: int  # without consent, or nothing that we keep: nothing was written
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
