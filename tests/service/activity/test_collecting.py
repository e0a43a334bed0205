"""Activity is taken in once, under pseudonyms, without its texts; or refused with the field and its bound."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bandit.profiles.activity import Joined
from bandit.profiles.words import hashed
from service.activity.collecting import MOST_SCORED, Collector
from tests.entries import laws
from tests.service.activity.messages import NOW_S, SIGNER, Desk, message

DAY_S = 86_400.0
SHOUT = "Absolutely WONDERFUL trousers"


@pytest.fixture
def desk() -> Desk:
    return Desk()


@laws(40)
@given(st.lists(st.integers(0, 5), max_size=10), st.lists(st.integers(0, 5), max_size=10))
def test_every_id_is_accepted_once_and_every_message_is_accounted_for(first: list[int], then: list[int]) -> None:
    desk = Desk()
    for ids in (first, then):
        answer = desk.tell(*(message(id=f"a{i}") for i in ids))
        assert answer.accepted + answer.duplicates == len(ids)
    assert sorted(entry.id for entry in desk.did()) == sorted({f"a{i}" for i in (*first, *then)})
    desk.outbox.close()


@laws(80)
@given(st.binary(max_size=60) | st.text(max_size=60).map(msgspec.json.encode))
def test_no_bytes_crash_it_or_are_written(body: bytes) -> None:
    desk = Desk()
    answer = desk.collector.accept([(0, body)], NOW_S)
    assert (answer.accepted, len(answer.rejected), desk.written()) == (0, 1, [])
    desk.outbox.close()


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"type": "walk"}, "$.type"),
        ({"id": ""}, "$.id"),
        ({"id": "x" * 129}, "$.id"),
        ({"user": {}}, "$.user"),
        ({"user": {"key": ""}}, "$.user.key"),
        ({"colour": "red"}, "colour"),
        ({"price": {"value": -0.01, "currency": "EUR"}}, "$.price.value"),
        ({"price": {"value": 1e308, "currency": "EUR"}}, "$.price.value"),
        ({"price": {"value": 9.5, "currency": "USD"}}, "#/price/currency: this shop counts in EUR"),
        ({"price": {"value": 9.5, "currency": "euro"}}, "$.price.currency"),
        ({"price": 9.5}, "$.price"),
        ({"quantity": -1}, "$.quantity"),
        ({"quantity": 1.5}, "$.quantity"),
        ({"rating": 6}, "$.rating"),
        ({"dwell_s": 1e9}, "$.dwell_s"),
        ({"channel": "fax"}, "$.channel"),
        ({"product": "p\0"}, "$.product"),
        ({"product": "p" * 129}, "$.product"),
        ({"category": "c" * 257}, "$.category"),
        ({"brand": "b\n"}, "$.brand"),
        ({"type": "search"}, "a search has a query"),
        ({"type": "search", "query": "q" * 257}, "$.query"),
        ({"type": "review", "text": "t" * 10_001}, "$.text"),
        ({"type": "dwell"}, "a dwell has dwell_s"),
        ({"type": "identify"}, "to identify"),
        ({"occurred_at": "2025-01-01T00:00:00Z"}, "#/occurred_at"),
        ({"occurred_at": "2099-01-01T00:00:00Z"}, "#/occurred_at"),
        ({"occurred_at": "2027-01-15T08:00:00"}, "$.occurred_at"),
    ],
)
def test_a_bad_message_is_refused_by_field_and_the_good_ones_are_kept(desk: Desk, fields: dict, said: str) -> None:
    answer = desk.tell(message(id="good"), message(**fields), message(id="too"))
    assert (answer.accepted, [fault.index for fault in answer.rejected]) == (2, [1])
    assert said in answer.rejected[0].detail


@pytest.mark.parametrize(
    "body",
    [
        b'{"id":"x","type":"view","user":{"key":"u"},"price":{"value":NaN,"currency":"EUR"}}',
        b'{"id":"x","type":"view","user":{"key":"u"},"price":{"value":1e999,"currency":"EUR"}}',
        b'{"id":"x","type":"view","user":{"key":"\\ud800"}}',
        b'{"id":"x","type":"view","user":{"key":"\xff"}}',
        b'{"id":"x","type":"view","user":' + b"[" * 90_000,
        b'{"id":"x","type":"view","user":{"key":"u"},"product":' + b'{"a":' * 2_000 + b"1" + b"}" * 2_000 + b"}",
    ],
    ids=["NaN", "infinity", "lone-surrogate", "not-utf-8", "very-deep", "deep"],
)
def test_hostile_bytes_are_refused(desk: Desk, body: bytes) -> None:
    answer = desk.collector.accept([(7, body)], NOW_S)
    assert ([fault.index for fault in answer.rejected], desk.written()) == ([7], [])


def test_without_consent_nothing_is_written(desk: Desk) -> None:
    user = {"key": "u", "anonymous_key": "d", "consent": {"personalize": False}}
    answer = desk.tell(message(user=user))
    assert (answer.ignored, answer.accepted, desk.written()) == (1, 0, [])


def test_no_key_and_no_text_is_ever_written_only_pseudonyms_hashes_and_a_score(desk: Desk) -> None:
    desk.tell(
        message(type="review", user={"key": "customer-8f3c"}, text=SHOUT),
        message(id="s", type="search", user={"anonymous_key": "device-8f3c"}, query=SHOUT),
    )
    stored = b"".join(row.entry for row in desk.outbox.after(0, 9)).lower()
    assert not [word for word in (b"8f3c", b"wonderful", b"trousers") if word in stored]
    review, search = desk.did()
    assert (review.tokens, search.tokens) == (hashed(SHOUT), hashed(SHOUT))
    assert review.sentiment is not None
    assert review.sentiment > 0.5
    assert search.user == SIGNER.pseudonym("device-8f3c")


def test_a_rating_wins_over_the_text(desk: Desk) -> None:
    desk.tell(message(type="review", text=SHOUT, rating=1))
    assert desk.did()[0].sentiment == -1.0


def test_a_chinese_review_has_words_and_no_score(desk: Desk) -> None:
    desk.tell(message(type="review", text="质量很好，非常舒服"))
    (review,) = desk.did()
    assert (review.sentiment, len(review.tokens)) == (None, 6)


def test_of_one_call_so_many_texts_are_scored_that_nobody_waits_for_it(desk: Desk) -> None:
    desk.tell(*(message(id=f"r{i}", type="review", text="good") for i in range(MOST_SCORED + 5)))
    assert sum(entry.sentiment is not None for entry in desk.did()) == MOST_SCORED


def test_both_keys_given_are_joined_once_a_pair_and_what_was_done_is_the_users(desk: Desk) -> None:
    both = {"key": "u", "anonymous_key": "d"}
    answers = [desk.tell(message(id=f"a{i}", user=both)) for i in range(2)]
    joins = [entry for entry in desk.written() if isinstance(entry, Joined)]
    assert [answer.accepted for answer in answers] == [1, 1]
    assert [(join.alias, join.user) for join in joins] == [(SIGNER.pseudonym("d"), SIGNER.pseudonym("u"))]
    assert {entry.user for entry in desk.did()} == {SIGNER.pseudonym("u")}


def test_to_identify_joins_and_says_nothing_else(desk: Desk) -> None:
    both = message(type="identify", user={"key": "u", "anonymous_key": "d"})
    first, second = desk.tell(both), desk.tell(both)
    assert (first.accepted, second.duplicates, len(desk.written())) == (1, 1, 1)


def test_two_keys_that_are_the_same_join_nobody(desk: Desk) -> None:
    same = {"key": "u", "anonymous_key": "u"}
    answer = desk.tell(message(user=same), message(id="i", type="identify", user=same))
    assert (answer.accepted, answer.ignored, len(desk.written())) == (1, 1, 1)


def test_what_was_told_is_what_is_written(desk: Desk) -> None:
    price = {"value": 49.9, "currency": "EUR"}
    told = {"product": "p-1", "category": "shoes > running", "brand": "acme", "price": price, "quantity": 2}
    desk.tell(message(type="purchase", channel="mini_program", occurred_at="2027-01-15T07:00:00Z", **told))
    (entry,) = desk.did()
    assert (entry.kind, entry.product, entry.category, entry.brand) == ("purchase", "p-1", "shoes > running", "acme")
    assert (entry.price, entry.quantity, entry.channel, entry.tokens) == (49.9, 2, "mini_program", ())
    assert (entry.occurred, entry.time) == (NOW_S - 3600, NOW_S)


def test_before_a_catalog_is_known_any_currency_is_taken() -> None:
    price = {"value": 1, "currency": "USD"}
    assert Desk(currency=None).tell(message(price=price)).accepted == 1


def test_of_who_refused_nothing_is_written_whatever_a_message_says(desk: Desk) -> None:
    refused = frozenset({SIGNER.pseudonym("gone")})
    desk.collector = Collector(desk.outbox, SIGNER, lambda: "EUR", refused=lambda: refused)
    names = ({"key": "gone"}, {"key": "u", "anonymous_key": "gone"}, {"anonymous_key": "u"})
    answer = desk.tell(*(message(id=f"a{i}", user=name) for i, name in enumerate(names)))
    assert (answer.accepted, answer.ignored, [entry.id for entry in desk.written()]) == (1, 2, ["a2"])
