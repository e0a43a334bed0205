"""Ads into states: what was seen is one exposure, and what was erased or refused none."""

from __future__ import annotations

import pytest

from bandit.happenings import Happenings
from bandit.profiles.exposures import rows
from bandit.profiles.once import MOST, WITHIN_S, Once
from bandit.profiles.profile import UserState
from bandit.profiles.seen import Seen, fold_seen, seen_by
from tests.entries import START_S, decision, event, log_of, shelf_at

DECISION = decision(1, START_S, slots=2)
SHOWN = [event("a", 1, START_S, kind="viewable"), event("b", 1, START_S, slot=1, kind="impression")]


def told() -> list[Seen]:
    """What is seen of a decision whose impressions came first."""
    happenings = Happenings(shelf_at)
    [*_, last] = [happenings.fold(*each) for each in log_of(*((0, one) for one in SHOWN), (0, DECISION))]
    return seen_by(last)


def test_what_one_entry_says_of_a_user_comes_at_once() -> None:
    [seen] = told()
    state = fold_seen(UserState(), "1-0", "home", seen)
    assert (seen.user, len(rows(state.exposures))) == (DECISION.user, 2)
    assert fold_seen(state, "1-0", "home", seen) is state


@pytest.mark.parametrize("state", [UserState(erased=START_S), UserState(refused=True)])
def test_of_who_was_erased_since_or_refuses_nothing_is_kept_but_how_far_the_log_is(state: UserState) -> None:
    found = fold_seen(state, "1-0", "home", told()[0])
    assert (found.exposures, found.read) == (b"", {"home": "1-0"})


def test_an_id_is_new_once_within_an_hour_of_the_log() -> None:
    once = Once()
    later = f"{round(WITHIN_S * 1000) + 2}-0"
    assert [once.new(position, "a") for position in ("1-0", "2-0", later)] == [True, False, True]
    assert (once.known_from("9-9"), Once(later).new("1-0", "c")) == (later, False)


def test_only_so_many_ids_are_known() -> None:
    once = Once()
    assert all(once.new(f"{number}-0", str(number)) for number in range(MOST + 1))
    assert once.new(f"{MOST}-1", "0")
