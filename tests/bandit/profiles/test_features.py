"""What a model is told of a user: little, in ranges, and always fit to be hashed."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bandit.context import packed_context
from bandit.features import hash_features
from bandit.profiles.activity import Activity
from bandit.profiles.described import described
from bandit.profiles.features import MARK, features
from bandit.profiles.profile import DAY_S, PAUSE_S, Profile
from tests.bandit.profiles.users import NOW_S, activities, activity, state_of
from tests.entries import laws


def told(*entries: Activity, after_s: float = 60.0) -> dict[str, object]:
    return dict(features(state_of(entries).profile, NOW_S + after_s))


@laws(100)
@given(st.lists(activities, max_size=12), st.floats(-1e11, 1e11) | st.floats(-1e7, 1e7))
def test_features_of_anybody_at_any_time_are_few_and_fit_to_be_hashed(entries: list[Activity], at: float) -> None:
    found = features(state_of(entries).profile, NOW_S + at)
    assert all(name.startswith(MARK) for name in found)
    assert len(hash_features("User", found).index) <= 24
    assert packed_context({"user": found}) is not None


@laws(30)
@given(st.text(max_size=300), st.text(max_size=300))
def test_names_of_any_text_are_fit_to_be_hashed(category: str, brand: str) -> None:
    hash_features("User", features(state_of([activity(category=category, brand=brand)]).profile, NOW_S))


def test_of_nobody_nothing_is_told() -> None:
    assert (features(None, NOW_S), features(Profile(), NOW_S)) == ({}, {})


def test_a_first_view_tells_the_interest_the_intent_and_the_price() -> None:
    found = told(activity(category="shoes", brand="acme", price=49.9, channel="app"))
    assert found == {
        "~like": "shoes",
        "~likes": ["shoes"],
        "~brands": ["acme"],
        "~price_level": "20-50",
        "~visits": "1",
        "~new": True,
        "~channel": "app",
        "~daypart": "weekday 6-12",
        "~intent": "shoes",
    }


def test_what_is_looked_at_now_is_the_intent_and_what_was_bought_stays_the_interest() -> None:
    found = told(*[activity("purchase", NOW_S - 5 * DAY_S, category="hats")] * 2, activity(category="shoes"))
    assert (found["~likes"], found["~intent"]) == (["hats", "shoes"], "shoes")


def test_after_a_pause_there_is_no_intent_and_no_query() -> None:
    search = activity("search", category="shoes", tokens=(1, 2))
    assert told(search)["~asked"] == ["00000001", "00000002"]
    assert not {"~asked", "~intent", "~new"} & told(search, after_s=PAUSE_S + 1.0).keys()


def test_how_long_a_user_was_away_is_told_at_once_and_during_the_next_visit() -> None:
    first = activity(at=NOW_S - 4 * DAY_S)
    assert told(first)["~recency"] == told(first, activity())["~recency"] == "3-7 d"


def test_a_faded_interest_is_not_told() -> None:
    assert "~likes" not in told(activity(category="shoes"), after_s=60 * DAY_S)


def test_a_cart_counts_until_it_is_bought_or_a_week_old() -> None:
    cart = activity("add_to_cart", product="p1")
    assert told(cart)["~cart"] == "1"
    assert "~cart" not in told(cart, activity("purchase", NOW_S + 9, product="p1"))
    assert "~cart" not in told(cart, after_s=8 * DAY_S)


def test_purchases_tell_what_was_spent_and_when() -> None:
    found = told(activity("purchase", product="p1", price=20.0, quantity=3))
    assert (found["~spent"], found["~bought"]) == ("30-100", "under 1 d")


def test_reviews_tell_the_mood_and_a_few_words() -> None:
    found = told(activity("review", sentiment=-0.8, tokens=(7,)))
    assert (found["~mood"], found["~said"]) == ("bad", ["00000007"])


@laws(60)
@given(st.lists(activities, max_size=6), st.floats(0, 4e9))
def test_a_description_is_json_that_adds_up(entries: list[Activity], now: float) -> None:
    found = described(state_of(entries), now)
    assert sum(found["counts"].values()) == len(entries)
    assert not found["interests"] or abs(sum(found["interests"].values()) - 1.0) < 0.01
