"""Messages as Segment's e-commerce spec has them become activities."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bandit.errors import BadInput
from bandit.profiles.activity import Joined
from service.activity.mappings.segment import mapped
from tests.entries import laws
from tests.service.activity.messages import SIGNER, Desk

Json = dict[str, Any]


def track(event: str, properties: Json | None = None, **fields: Any) -> Json:
    return {
        "type": "track",
        "messageId": "m-1",
        "userId": "u-1",
        "anonymousId": "d-1",
        "timestamp": "2027-01-15T07:59:00.000Z",
        "event": event,
        "properties": properties or {},
        **fields,
    }


PRODUCT = {"product_id": "g-7", "category": "Games", "brand": "Parker", "price": 18.99, "quantity": 1}
ORDER = {
    "order_id": "o-5",
    "currency": "EUR",
    "products": [
        {"product_id": "g-7", "price": 19, "quantity": 1, "category": "Games"},
        {"product_id": "g-8", "price": 3, "quantity": 2, "category": "Games"},
    ],
}


def told(*messages: Json) -> list[Json]:
    return [one.fields for one in mapped({"batch": list(messages)}).told]


def test_a_product_viewed() -> None:
    assert told(track("Product Viewed", PRODUCT)) == [
        {
            "id": "m-1",
            "type": "view",
            "user": {"key": "u-1", "anonymous_key": "d-1"},
            "product": "g-7",
            "category": "Games",
            "brand": "Parker",
            "price": {"value": 18.99, "currency": "XXX"},
            "quantity": 1,
            "channel": "web",
            "occurred_at": "2027-01-15T07:59:00.000Z",
        }
    ]


@pytest.mark.parametrize(
    ("event", "properties", "wanted"),
    [
        ("Products Searched", {"query": "blue roses"}, {"type": "search", "query": "blue roses"}),
        ("Product Added", {"sku": 77}, {"type": "add_to_cart", "product": "77"}),
        ("Product List Viewed", {"category": "Deals", "products": [PRODUCT]}, {"type": "view", "category": "Deals"}),
        (
            "Product Reviewed",
            {"product_id": "g-7", "review_body": "I love it", "rating": "5"},
            {"type": "review", "product": "g-7", "text": "I love it", "rating": "5"},
        ),
        ("Order Completed", {"order_id": 9, "total": 27.5}, {"type": "purchase", "id": "order:9:"}),
    ],
)
def test_each_event_is_an_activity(event: str, properties: Json, wanted: Json) -> None:
    (found,) = told(track(event, properties))
    assert wanted.items() <= found.items()


def test_an_order_is_a_purchase_of_each_product() -> None:
    found = told(track("Order Completed", ORDER))
    assert [one["id"] for one in found] == ["order:o-5:g-7", "order:o-5:g-8"]
    assert [(one["price"], one["quantity"]) for one in found] == [
        ({"value": 19, "currency": "EUR"}, 1),
        ({"value": 3, "currency": "EUR"}, 2),
    ]


def test_two_lines_of_one_product_are_one_purchase_of_more() -> None:
    lines = [{"product_id": "a", "quantity": 2}, {"product_id": "a"}]
    (found,) = told(track("Order Completed", {"order_id": "o", "products": lines}))
    assert (found["id"], found["quantity"]) == ("order:o:a", 3)


def test_who_somebody_is_is_told_by_identify_and_alias() -> None:
    desk = Desk()
    identify = {"type": "identify", "messageId": "m", "userId": "u", "anonymousId": "d", "traits": {"email": "x"}}
    alias = {"type": "alias", "messageId": "n", "userId": "u", "previousId": "e"}
    alone = {"type": "identify", "messageId": "o", "userId": "u"}
    answer = desk.take(mapped({"batch": [identify, alias, alone]}))
    assert (answer.accepted, answer.ignored) == (2, 1)
    names = [entry.alias for entry in desk.written() if isinstance(entry, Joined)]
    assert names == [SIGNER.pseudonym("d"), SIGNER.pseudonym("e")]


@pytest.mark.parametrize(
    "message",
    [
        track("Coupon Entered"),
        track("Product Viewed", PRODUCT, context={"consent": {"categoryPreferences": {"Advertising": False}}}),
        {"type": "page", "messageId": "p", "anonymousId": "d", "name": "Home"},
        {"type": "track"},
        {},
    ],
    ids=["another-event", "no-consent", "page", "no-event", "empty"],
)
def test_what_is_no_activity_is_ignored(message: Json) -> None:
    answer = Desk().take(mapped(message))
    assert (answer.ignored, answer.accepted, answer.rejected) == (1, 0, ())


@pytest.mark.parametrize("context", [{"device": {"type": "iOS"}}, {"library": {"name": "analytics-android"}}])
def test_an_app_is_known_by_its_device_or_library(context: Json) -> None:
    assert told(track("Product Viewed", PRODUCT, context=context))[0]["channel"] == "app"


def test_a_bad_message_of_a_batch_is_named_and_the_others_are_taken() -> None:
    desk = Desk()
    dollars = track("Product Viewed", {**PRODUCT, "currency": "USD"}, messageId="m-2")
    nobody = {"type": "track", "event": "Product Viewed", "messageId": "m-3", "properties": PRODUCT}
    answer = desk.take(mapped({"batch": [track("Product Viewed", PRODUCT), dollars, 7, nobody]}))
    assert (answer.accepted, [fault.index for fault in answer.rejected]) == (1, [1, 2, 3])
    assert (desk.did()[0].price, "EUR" in answer.rejected[0].detail) == (18.99, True)


def test_texts_too_long_are_cut_and_not_refused() -> None:
    long = {**PRODUCT, "category": "c" * 999, "brand": "b\0" * 99}
    desk = Desk()
    assert desk.take(mapped(track("Product Viewed", long))).accepted == 1
    assert len(desk.did()[0].category) == 256


@pytest.mark.parametrize("body", [{"batch": []}, {"batch": 7}, {"batch": [{}] * 501}])
def test_a_batch_of_none_or_too_many_is_refused(body: Json) -> None:
    with pytest.raises(BadInput, match="#/batch"):
        mapped(body)


plain = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(max_size=5) | st.integers(-(10**9), 10**9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*PRODUCT, *ORDER, "x"]), inner),
    max_leaves=8,
)


@laws(80)
@given(st.sampled_from(["Product Viewed", "Order Completed", "Product Reviewed", "Products Searched"]), plain, plain)
def test_no_properties_crash_it(event: str, properties: Any, context: Any) -> None:
    desk = Desk()
    answer = desk.take(mapped(track(event, properties, context=context)))
    assert answer.accepted + len(answer.rejected) + answer.ignored >= 1
    desk.outbox.close()
