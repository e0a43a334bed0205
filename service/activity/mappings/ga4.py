"""Google Analytics 4: the body of its Measurement Protocol, with its recommended events of online shops.

Its events have no ids. One is made of what an event says, so that a body sent again counts once; an event that is
truly repeated differs by its `timestamp_micros`. Whoever denies consent is left out.
Sources: developers.google.com/analytics/devguides/collection/protocol/ga4/reference, .../ga4/reference/events.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

import msgspec

from bandit.errors import BadInput
from service.activity.mappings.told import Json, Mapped, Told, filled, lines, member, price, text, within

KINDS = {
    "view_item": "view",
    "search": "search",
    "view_search_results": "search",
    "add_to_cart": "add_to_cart",
    "purchase": "purchase",
}
CATEGORIES = ("item_category", "item_category2", "item_category3", "item_category4", "item_category5")
CONSENTS = ("ad_user_data", "ad_personalization")


def mapped(body: Any) -> Mapped:
    """The activities of one body. Raises BadInput for one without events."""
    if not isinstance(body, dict):
        raise BadInput("#", "type", "an object with events is wanted")
    events = within(body.get("events"), "#/events")
    if _denied(body):
        return Mapped((), len(events), len(events))
    told: list[Told] = []
    ignored = 0
    for index, event in enumerate(events):
        found = [Told(index, event)] if not isinstance(event, dict) else list(_event(index, event, body))
        told += found
        ignored += not found
    return Mapped(tuple(told), ignored, len(events))


def _denied(body: Json) -> bool:
    consent = body.get("consent")
    denied = any(str(member(consent, name)).upper() == "DENIED" for name in CONSENTS)
    return denied or body.get("non_personalized_ads") is True


def _event(index: int, event: Json, body: Json) -> Iterator[Told]:
    kind = KINDS.get(str(event.get("name")))
    if kind is None:
        return
    device = body.get("client_id") or body.get("app_instance_id")
    micros = event.get("timestamp_micros", body.get("timestamp_micros"))
    user = filled({"key": text(body.get("user_id")), "anonymous_key": text(device)})
    shared = {
        "id": _identifier(index, event, user, micros),
        "type": kind,
        "user": user,
        "channel": "app" if body.get("app_instance_id") else "web",
        "occurred_at": _seconds(micros),
    }
    parameters = event.get("params")
    if kind == "search":
        yield Told(index, filled({**shared, "query": member(parameters, "search_term")}))
        return
    items, currency = member(parameters, "items"), member(parameters, "currency")
    each = [_item(one, currency) for one in items] if isinstance(items, list) else []
    whole = {"price": price(member(parameters, "value"), currency)}
    order = member(parameters, "transaction_id") if kind == "purchase" else None
    yield from lines(index, shared, each or [whole], order=order)


def _item(item: Any, currency: Any) -> Json:
    categories = [found for name in CATEGORIES if isinstance(found := member(item, name), str) and found]
    return {
        "product": text(member(item, "item_id") or member(item, "item_name")),
        "category": " > ".join(categories),
        "brand": member(item, "item_brand"),
        "price": price(member(item, "price"), member(item, "currency") or currency),
        "quantity": member(item, "quantity"),
    }


def _identifier(index: int, event: Json, user: Json, micros: Any) -> str:
    whole = msgspec.json.encode([index, user, micros, event], order="sorted")
    return "ga4:" + hashlib.blake2b(whole, digest_size=16).hexdigest()


def _seconds(micros: Any) -> Any:
    """Seconds since 1970; what is no number stays what it is, and is refused."""
    try:
        return None if micros is None else float(micros) / 1e6
    except (TypeError, ValueError, OverflowError):
        return micros
