"""What a user did counts once: in any order, read again after a crash, under one name or under several."""

from __future__ import annotations

import math

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bandit.profiles.activity import LOG, Activity, Joined
from bandit.profiles.adding import WEIGHTS, added
from bandit.profiles.exposures import row
from bandit.profiles.fold import ALIASES, NOBODY, fold, joined, merge
from bandit.profiles.profile import (
    BOUGHT,
    BRANDS,
    CATEGORIES,
    DAY_S,
    FADES_S,
    PAUSE_S,
    VIEWED,
    VISITS,
    Profile,
    UserState,
)
from tests.bandit.profiles.users import ALIAS, NOW_S, OTHER, USER, activities, activity, state_of
from tests.entries import laws

few = st.lists(activities, max_size=8)
join = Joined("j", ALIAS, USER, NOW_S)


def alike(one: object, other: object) -> bool:
    """Equal but for rounding, and but for names whose scores round to nothing."""
    if isinstance(one, dict) and isinstance(other, dict):
        return all(alike(one.get(name, 0), other.get(name, 0)) for name in {**one, **other})
    if isinstance(one, tuple) and isinstance(other, tuple):
        return len(one) == len(other) and all(map(alike, one, other))
    if isinstance(one, (int, float)) and isinstance(other, (int, float)):
        return math.isclose(one, other, rel_tol=1e-6, abs_tol=5e-3)
    return one == other


def same(one: Profile, other: Profile) -> bool:
    return alike(msgspec.structs.astuple(one), msgspec.structs.astuple(other))


@laws(60)
@given(few, st.randoms(use_true_random=False))
def test_the_order_in_which_things_are_heard_changes_nothing(entries: list[Activity], chance: object) -> None:
    shuffled = list(entries)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    assert same(state_of(entries).profile, state_of(shuffled).profile)


@laws(60)
@given(few, st.data())
def test_a_log_read_again_from_anywhere_adds_nothing(entries: list[Activity], data: st.DataObject) -> None:
    state = state_of(entries)
    again = state
    for number in range(data.draw(st.integers(1, len(entries) + 1)), len(entries) + 1):
        again = fold(again, f"{number}-0", LOG, entries[number - 1])
    assert again == state


@laws(100)
@given(st.lists(st.tuples(activities, st.booleans()), max_size=10), st.integers(0, 10), st.booleans())
def test_split_between_two_names_and_joined_at_any_time_it_is_one_profile(
    entries: list[tuple[Activity, bool]], at: int, again: bool
) -> None:
    names = {USER: NOBODY, ALIAS: NOBODY}
    for number, (entry, anonymous) in enumerate(entries):
        if number == at or (again and number > at):
            both = joined(names[USER], names[ALIAS], f"{number}-1", LOG, join)
            names = dict.fromkeys(both.aliases, both)
        name = ALIAS if anonymous else USER
        one = fold(names[name], f"{number}-2", LOG, entry)
        names.update(dict.fromkeys(one.aliases or (name,), one))
    both = joined(names[USER], names[ALIAS], "99-0", LOG, join)
    assert same(both.profile, state_of(entry for entry, _ in entries).profile)


@laws(60)
@given(few, few, few)
def test_profiles_add_up_in_any_grouping(one: list[Activity], two: list[Activity], three: list[Activity]) -> None:
    a, b, c = (state_of(some).profile for some in (one, two, three))
    assert same(added(added(a, b), c), added(a, added(c, b)))


@laws(40)
@given(st.lists(st.builds(activity, at=st.floats(0, 1e11), price=st.floats(-1e9, 1e9), quantity=st.just(10**6))))
def test_no_times_and_amounts_make_it_overflow(entries: list[Activity]) -> None:
    profile = state_of(entries).profile
    told = (profile.spent, *profile.prices, *profile.day_parts, *profile.categories.values())
    assert all(map(math.isfinite, told))


@pytest.mark.parametrize("kept", ["both", "user", "alias"])
def test_a_crash_while_the_joined_state_is_kept_counts_nothing_twice(kept: str) -> None:
    user, alias = state_of([activity()]), state_of([activity(category="hats")], start=2)
    both = joined(user, alias, "9-0", LOG, join)
    again = joined(
        user if kept == "alias" else both,
        alias if kept == "user" else both,
        "9-0",
        LOG,
        join,
    )
    assert (again, both.profile.counts, set(both.aliases)) == (both, {"view": 2}, {USER, ALIAS})


def test_who_is_joined_already_stays_so_and_a_second_user_of_a_device_is_told_nothing() -> None:
    first = joined(state_of([activity()]), state_of([activity()]), "9-0", LOG, join)
    second = joined(NOBODY, first, "10-0", LOG, Joined("k", ALIAS, OTHER, NOW_S))
    assert (second.profile, second.aliases, second.read) == (Profile(), (), {LOG: "10-0"})


def test_of_many_names_the_latest_are_kept_and_one_that_fell_off_is_not_counted_again() -> None:
    state, forgotten = NOBODY, NOBODY
    for number in range(ALIASES + 5):
        name = bytes([number]) * 16
        state = joined(state, state_of([activity()]), f"{10 + number}-0", LOG, Joined("j", name, USER, NOW_S))
        forgotten = forgotten if number else state
    again = joined(state, forgotten, "99-0", LOG, Joined("j", bytes(16), USER, NOW_S))
    assert (len(state.aliases), USER in state.aliases, bytes(16) in again.aliases) == (ALIASES, True, True)
    assert again.profile.counts == state.profile.counts == {"view": ALIASES + 5}


def test_exposures_of_both_names_are_kept_once_in_order() -> None:
    shared, early, late = (row(time, bytes(8), time, "t", None, "p") for time in (2, 1, 3))
    both = merge(UserState(exposures=shared + late), UserState(exposures=early + shared))
    assert both.exposures == early + shared + late


def test_what_was_read_of_each_log_is_the_further_of_both() -> None:
    both = merge(UserState(read={"home": "9-0", LOG: "1-0"}), UserState(read={"home": "10-0", "shop": "3-0"}))
    assert both.read == {"home": "10-0", LOG: "1-0", "shop": "3-0"}


def test_of_whom_wants_nothing_kept_nothing_is() -> None:
    refusing = UserState(refused=True)
    assert fold(refusing, "1-0", LOG, activity()) == UserState(refused=True, read={LOG: "1-0"})
    assert merge(refusing, state_of([activity()])).profile == Profile()
    erased = UserState(erased=NOW_S)
    assert fold(erased, "1-0", LOG, activity()).profile == Profile()
    assert fold(erased, "1-0", LOG, activity(at=NOW_S + 1)).profile.counts == {"view": 1}


def test_an_order_told_by_two_systems_counts_once_however_late_the_second_is() -> None:
    entries = [activity("purchase", NOW_S + i * DAY_S, id="order:7:p1", product="p1", price=10.0) for i in range(2)]
    assert state_of(entries).profile == state_of(entries[:1]).profile


def test_an_interest_is_half_of_itself_after_a_half_life() -> None:
    entries = [activity("purchase", category="shoes"), activity(at=NOW_S + FADES_S, category="bags")]
    assert state_of(entries).profile.categories == {"shoes": WEIGHTS["purchase"] / 2, "bags": WEIGHTS["view"]}


def test_a_bad_review_takes_interest_away() -> None:
    entries = [activity(category="shoes"), activity("review", category="shoes", sentiment=-1.0)]
    assert state_of(entries).profile.categories["shoes"] < 0.0


def test_a_visit_ends_with_a_pause_whatever_is_heard_late() -> None:
    times = [0, PAUSE_S + 1, PAUSE_S / 2, 3 * PAUSE_S]
    visits = state_of(activity(at=NOW_S + at) for at in times).profile.visits
    assert [stop - start for start, stop in visits] == [0, PAUSE_S + 1]


def test_a_sender_whose_clock_is_ahead_puts_nothing_in_the_future() -> None:
    assert state_of([activity(occurred=NOW_S + DAY_S)]).profile.last == NOW_S


def test_lists_keep_the_best_and_the_latest_and_a_full_profile_is_of_bounded_size() -> None:
    name = "é" * 256
    kinds = ("view", "add_to_cart", "purchase", "search", "review")
    state = state_of(
        activity(
            kinds[i % 5],
            at=NOW_S + i * PAUSE_S,
            product=f"{i}{'p' * 120}"[:128],
            category=f"{i}{name}",
            brand=f"{i}{name}",
            price=9.99,
            tokens=tuple(range(2**32 - 32, 2**32)),
        )
        for i in range(300)
    )
    found = state.profile
    lengths = tuple(map(len, (found.categories, found.brands, found.viewed, found.bought, found.visits)))
    assert lengths == (CATEGORIES, BRANDS, VIEWED, BOUGHT, VISITS)
    assert next(iter(found.viewed)).startswith("295p")
    assert (len(found.visits) + found.earlier, len(msgspec.msgpack.encode(found)) < 12_000) == (300, True)


def test_a_full_profile_of_an_ordinary_shop_takes_about_two_kilobytes() -> None:
    state = state_of(
        activity(
            ("view", "add_to_cart", "purchase")[i % 3],
            at=NOW_S + i * PAUSE_S,
            product=f"sku-{i}",
            category=f"women > {i % 40}",
            brand=f"brand {i % 20}",
            price=i + 1.0,
        )
        for i in range(200)
    )
    assert len(msgspec.msgpack.encode(state.profile)) < 2_300


def test_names_that_no_feature_may_hold_are_cut_and_cleaned() -> None:
    (name,) = state_of([activity(category="a\0" + "é" * 99)]).profile.categories
    assert name == "a " + "é" * 31
