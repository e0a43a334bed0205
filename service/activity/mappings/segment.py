"""Segment's e-commerce spec, version 2, and the names its first version had.

Taken are single messages and batches as Segment's libraries and its webhooks send them: `track` for what users did,
`identify` and `alias` for who they are. Who forbids `Advertising` in `context.consent.categoryPreferences` is left out.
Sources: segment.com/docs/connections/spec/ecommerce/v2, .../connections/sources/catalog/libraries/server/http-api.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from bandit.errors import BadInput
from service.activity.mappings.told import Json, Mapped, Told, filled, lines, member, price, text, within

KINDS = {
    "Product Viewed": "view",
    "Viewed Product": "view",
    "Product List Viewed": "view",
    "Viewed Product Category": "view",
    "Products Searched": "search",
    "Product Added": "add_to_cart",
    "Added Product": "add_to_cart",
    "Order Completed": "purchase",
    "Completed Order": "purchase",
    "Product Reviewed": "review",
}
JOINS = ("identify", "alias")
ADVERTISING = "Advertising"  # of context.consent.categoryPreferences
TOTALS = ("revenue", "subtotal", "total", "value")  # of an order without products, the first that is told


def mapped(body: Any) -> Mapped:
    """The activities of one message or of a batch. Raises BadInput for a body that is neither."""
    if not isinstance(body, dict):
        raise BadInput("#", "type", "an object is wanted: a message, or a batch")
    batch = within(body["batch"], "#/batch") if "batch" in body else [body]
    told: list[Told] = []
    ignored = 0
    for index, message in enumerate(batch):
        found = [Told(index, message)] if not isinstance(message, dict) else list(_message(index, message))
        told += found
        ignored += not found
    return Mapped(tuple(told), ignored, len(batch))


def _message(index: int, message: Json) -> Iterator[Told]:
    context = message.get("context")
    if member(member(member(context, "consent"), "categoryPreferences"), ADVERTISING) is False:
        return
    anonymous = message.get("anonymousId") or message.get("previousId")
    shared = {
        "id": text(message.get("messageId")),
        "user": filled({"key": text(message.get("userId")), "anonymous_key": text(anonymous)}),
        "channel": _channel(message, context),
        "occurred_at": message.get("timestamp") or message.get("originalTimestamp"),
    }
    if message.get("type") in JOINS:
        if len(shared["user"]) == 2:
            yield Told(index, filled({**shared, "type": "identify"}))
        return
    kind = KINDS.get(str(message.get("event")))
    if kind and message.get("type", "track") == "track":
        yield from _activities(index, {**shared, "type": kind}, message.get("properties"))


def _activities(index: int, shared: Json, properties: Any) -> Iterator[Told]:
    kind, currency = shared["type"], member(properties, "currency")
    if kind == "search":
        yield Told(index, filled({**shared, "query": member(properties, "query")}))
    elif kind == "review":
        review = {"text": member(properties, "review_body"), "rating": member(properties, "rating")}
        yield Told(index, filled({**shared, **_product(properties, currency), **review}))
    elif kind == "purchase":
        products = member(properties, "products")
        each = [_product(one, currency) for one in products] if isinstance(products, list) else []
        totals = (member(properties, name) for name in TOTALS)
        whole = {"price": price(next((one for one in totals if one is not None), None), currency)}
        yield from lines(index, shared, each or [whole], order=member(properties, "order_id"))
    else:
        yield Told(index, filled({**shared, **_product(properties, currency)}))


def _product(product: Any, currency: Any) -> Json:
    return {
        "product": text(member(product, "product_id") or member(product, "sku")),
        "category": member(product, "category"),
        "brand": member(product, "brand"),
        "price": price(member(product, "price"), currency),
        "quantity": member(product, "quantity"),
    }


def _channel(message: Json, context: Any) -> str:
    device = str(member(member(context, "device"), "type")).lower()
    library = str(member(member(context, "library"), "name")).lower()
    mobile = device in ("ios", "android") or any(
        word in library for word in ("ios", "android", "react-native", "swift")
    )
    return "app" if mobile or message.get("channel") == "mobile" else "web"
