"""Bodies of GA4's Measurement Protocol become activities."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bandit.errors import BadInput
from service.activity.mappings import segment
from service.activity.mappings.ga4 import mapped
from tests.entries import laws
from tests.service.activity.messages import NOW_S, SIGNER, Desk

Json = dict[str, Any]
ITEM = {
    "item_id": "SKU_12345",
    "item_name": "Tee",
    "item_brand": "Acme",
    "item_category": "Apparel",
    "item_category2": "Adult",
    "item_category3": "Shirts",
    "price": 10.01,
    "quantity": 3,
}


def body(name: str, params: Json, **fields: Any) -> Json:
    at = int((NOW_S - 60) * 1e6)
    return {"client_id": "c.1", "timestamp_micros": str(at), "events": [{"name": name, "params": params}], **fields}


def test_an_item_viewed() -> None:
    desk = Desk()
    assert desk.take(mapped(body("view_item", {"currency": "EUR", "items": [ITEM]}))).accepted == 1
    (entry,) = desk.did()
    assert (entry.kind, entry.product, entry.category) == ("view", "SKU_12345", "Apparel > Adult > Shirts")
    assert (entry.brand, entry.price, entry.quantity, entry.channel) == ("Acme", 10.01, 3, "web")
    assert (entry.user, entry.occurred) == (SIGNER.pseudonym("c.1"), NOW_S - 60)


@pytest.mark.parametrize(
    ("name", "params", "wanted"),
    [
        ("search", {"search_term": "Clothing"}, {"type": "search", "query": "Clothing"}),
        ("add_to_cart", {"items": [ITEM]}, {"type": "add_to_cart", "product": "SKU_12345"}),
        ("purchase", {"transaction_id": "T_1", "items": [ITEM]}, {"type": "purchase", "id": "order:T_1:SKU_12345"}),
        ("purchase", {"transaction_id": "T_1", "value": 30.03}, {"type": "purchase", "id": "order:T_1:"}),
    ],
)
def test_each_event_is_an_activity(name: str, params: Json, wanted: Json) -> None:
    (found,) = mapped(body(name, params)).told
    assert wanted.items() <= found.fields.items()


def test_several_items_are_several_activities_with_ids_of_their_own() -> None:
    items = [ITEM, {**ITEM, "item_id": "SKU_2"}]
    found = mapped(body("add_to_cart", {"items": items})).told
    assert len({one.fields["id"] for one in found}) == 2


def test_an_app_is_known_by_its_instance_and_a_user_by_its_id() -> None:
    fields = mapped({**body("view_item", {}, app_instance_id="i", user_id="u"), "client_id": None}).told[0].fields
    assert (fields["channel"], fields["user"]) == ("app", {"key": "u", "anonymous_key": "i"})


def test_a_body_sent_again_counts_once_and_an_event_of_another_time_counts_too() -> None:
    desk = Desk()
    view = body("view_item", {"items": [ITEM]})
    answers = [desk.take(mapped(one)) for one in (view, view, {**view, "timestamp_micros": int(NOW_S * 1e6)})]
    assert [(answer.accepted, answer.duplicates) for answer in answers] == [(1, 0), (0, 1), (1, 0)]


def test_an_order_told_by_both_systems_counts_once() -> None:
    desk = Desk()
    lines = [{"product_id": "a", "price": 5}, {"product_id": "b", "price": 7}]
    items = [{"item_id": "b", "price": 7}, {"item_id": "a", "price": 5}]
    order = {"event": "Order Completed", "messageId": "m", "userId": "u"}
    one = desk.take(segment.mapped({**order, "properties": {"order_id": 81, "products": lines}}))
    other = desk.take(mapped(body("purchase", {"transaction_id": "81", "items": items}, user_id="u")))
    assert (one.accepted, other.accepted, other.duplicates) == (2, 0, 2)


@pytest.mark.parametrize(
    "fields",
    [
        {"consent": {"ad_personalization": "DENIED"}},
        {"consent": {"ad_user_data": "denied"}},
        {"non_personalized_ads": True},
    ],
)
def test_who_denies_consent_is_left_out(fields: Json) -> None:
    answer = Desk().take(mapped(body("view_item", {"items": [ITEM]}, **fields)))
    assert (answer.ignored, answer.accepted) == (1, 0)


def test_another_event_is_ignored() -> None:
    assert Desk().take(mapped(body("begin_checkout", {"items": [ITEM]}))).ignored == 1


@pytest.mark.parametrize("micros", ["soon", 1e300, -1, [], True, 10**30])
def test_a_time_that_is_none_is_refused(micros: Any) -> None:
    answer = Desk().take(mapped(body("view_item", {"items": [ITEM]}, timestamp_micros=micros)))
    assert len(answer.rejected) == 1


@pytest.mark.parametrize("given", [7, [], {}, {"events": {}}, {"events": []}, {"events": [{}] * 501}])
def test_a_body_without_events_is_refused(given: Any) -> None:
    with pytest.raises(BadInput):
        mapped(given)


plain = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*ITEM, "items", "currency"]), inner),
    max_leaves=8,
)


@laws(80)
@given(st.sampled_from(["view_item", "purchase", "search", "add_to_cart"]), plain)
def test_no_parameters_crash_it(name: str, params: Any) -> None:
    desk = Desk()
    answer = desk.take(mapped(body(name, params)))
    assert answer.accepted + len(answer.rejected) + answer.ignored >= 1
    desk.outbox.close()
