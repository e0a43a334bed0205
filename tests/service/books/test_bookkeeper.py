"""The books are a fold over the logs: whoever is killed when, every entry is in every state once."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bandit.pacing.spending import Spending
from bandit.profiles.activity import LOG, Activity, Joined
from bandit.profiles.exposures import EXPOSURE
from bandit.profiles.profile import Profile
from bandit.records import Event, Tick
from service import embedded
from service.books.activity_archive import read_activity
from service.books.people import People
from service.books.states import States
from service.store.books import Change
from service.store.refusals import Refusals
from tests.entries import START_S, decision, event, laws
from tests.service.books.desk import USERS, Desk, a_desk, happening


@pytest.fixture
def desk(valkey_url: str) -> Iterator[Desk]:
    with a_desk(valkey_url) as made:
        yield made


@laws(25)
@given(st.integers(0, 2**32))
def test_whoever_is_killed_when_all_is_taken_in_once(valkey_server: embedded.EmbeddedValkey, seed: int) -> None:
    chance = random.Random(seed)
    with a_desk(valkey_server.url, keep_log=True) as desk:
        for number in range(1, 30):
            for entry in happening(chance, number):
                desk.write(entry)
            if chance.random() < 0.3:
                desk.books.left = chance.randrange(4)
                if not desk.work() or chance.random() < 0.3:
                    desk.hire()
        states = desk.all_taken()
        archived, spent = read_activity(desk.archive), desk.books.of("home")["spending"]
        desk.forget()
        assert desk.all_taken() == states
        assert desk.books.of("home")["spending"] == spent
        assert archived.equals(read_activity(desk.archive))


def seen(desk: Desk, number: int, user: bytes) -> None:
    """An ad that is shown to a user and seen."""
    for entry in (msgspec.structs.replace(decision(number, START_S + number), user=user), impression(number)):
        desk.write(entry)


def impression(number: int) -> Event:
    return event(f"i{number}", number, START_S + number, kind="impression")


def view(number: int, user: bytes) -> Activity:
    return Activity(f"a{number}", user, "view", START_S + number, START_S + number, product="p")


def test_what_both_names_did_and_saw_stands_under_each_once_they_are_one(desk: Desk) -> None:
    one, other, *_ = USERS
    seen(desk, 1, one)
    seen(desk, 2, other)
    for entry in (view(1, one), view(2, other), Joined("j", other, one, START_S), view(3, other), view(3, other)):
        desk.write(entry)
    states = desk.all_taken()
    assert states[one] == states[other]
    assert (states[one].profile.counts, len(states[one].exposures)) == ({"view": 3}, 2 * EXPOSURE.itemsize)


def test_an_ad_that_was_not_seen_is_no_exposure(desk: Desk) -> None:
    desk.write(msgspec.structs.replace(decision(1, START_S), user=USERS[0]))
    desk.write(event("c", 1, START_S))
    assert desk.all_taken() == {}


def test_a_damaged_entry_is_passed_over(desk: Desk) -> None:
    for log in ("home", LOG):
        desk.ms += 1
        desk.store.client.xadd(f"{{{log}}}:log", {"e": b"damaged"}, id=f"{desk.ms}-0")
    desk.write(view(1, USERS[0]))
    assert desk.all_taken()[USERS[0]].profile.counts == {"view": 1}


def test_a_damaged_state_counts_as_none(desk: Desk) -> None:
    desk.store.client.set(f"{{u:{USERS[0].hex()}}}:state", b"damaged")
    desk.write(view(1, USERS[0]))
    assert desk.all_taken()[USERS[0]].profile.counts == {"view": 1}


def test_states_expire_and_those_of_who_refused_do_not(desk: Desk) -> None:
    desk.write(view(1, USERS[0]))
    People(States(desk.books, 90), Refusals(desk.store)).refuse(USERS[1], START_S)
    desk.all_taken()
    left_ms = [desk.store.client.pttl(f"{{u:{user.hex()}}}:state") for user in USERS[:2]]
    assert 89 * 86_400_000 < left_ms[0] <= 90 * 86_400_000
    assert left_ms[1] == -1


def test_who_is_erased_stays_so_whatever_of_before_comes_later(desk: Desk) -> None:
    one, other, *_ = USERS
    people = People(States(desk.books, 90), Refusals(desk.store))
    for entry in (view(1, one), Joined("j", other, one, START_S), view(2, other)):
        desk.write(entry)
    desk.all_taken()
    people.erase(one, START_S + 10)
    desk.write(view(3, other))
    seen(desk, 4, one)
    desk.write(view(11, one))
    states = desk.all_taken()
    assert (states[one].profile.counts, states[one].exposures, states[one].aliases) == ({"view": 1}, b"", ())
    assert not states[other].profile.counts


def test_who_refuses_is_not_kept_under_any_name_until_consent_comes_back(desk: Desk) -> None:
    one, other, *_ = USERS
    people = People(States(desk.books, 90), Refusals(desk.store))
    for entry in (view(1, one), Joined("j", other, one, START_S)):
        desk.write(entry)
    desk.all_taken()
    people.refuse(other, START_S + 10)
    desk.write(view(11, one))
    seen(desk, 12, one)
    states = desk.all_taken()
    assert [(states[name].profile, states[name].exposures) for name in (one, other)] == [(Profile(), b"")] * 2
    people.allow(one, START_S + 20)
    desk.write(view(15, one))
    desk.write(view(21, other))
    assert desk.all_taken()[one].profile.counts == {"view": 1}


def test_a_state_that_is_erased_while_it_is_written_stays_erased(desk: Desk) -> None:
    user = USERS[0]
    people, put = People(States(desk.books, 90), Refusals(desk.store)), desk.books.put_states
    desk.write(view(1, user))
    erased: list[bool] = []

    def erase_first(changes: Sequence[Change]) -> list[bool]:
        if not erased:
            erased.append(True)
            people.erase(user, START_S + 5)
        return put(changes)

    desk.books.put_states = erase_first  # type: ignore[method-assign]
    assert not desk.all_taken()[user].profile.counts


def test_spending_and_position_are_committed_together_and_the_log_is_kept_for_them(desk: Desk) -> None:
    for number in range(1, 6):
        seen(desk, number, USERS[0])
    desk.all_taken()
    fields = desk.books.of("home")
    assert Spending.from_bytes(fields["spending"], lambda version, campaign: None).traffic
    desk.store.trim("home", fields["read"].decode())
    assert desk.store.log_begins("home") == fields["needed"].decode()
    desk.store.client.hset("{home}:books", "at", 1)  # not heard of for long
    desk.store.trim("home", fields["read"].decode())
    assert desk.store.log_begins("home") == fields["read"].decode()


def test_who_was_overtaken_commits_nothing(desk: Desk) -> None:
    old = desk.keeper
    desk.write(Tick(START_S))
    desk.work()
    desk.hire()
    desk.write(Tick(START_S + 1))
    desk.all_taken()
    read = desk.books.of("home")["read"]
    old._lease._renew_at = float("inf")  # it was asleep, and still takes the lease for its own
    old.finish()
    assert desk.books.of("home")["read"] == read


def test_activity_is_archived_and_its_log_forgotten(desk: Desk) -> None:
    for number in range(5):
        desk.write(view(number, USERS[0]), later_ms=3_600_000)
    desk.all_taken()
    assert read_activity(desk.archive)["user"].to_list() == [USERS[0].hex()] * 5
    assert desk.store.log_length(LOG) <= 2


def test_files_that_no_books_vouch_for_are_written_again(desk: Desk) -> None:
    desk.write(view(1, USERS[0]))
    desk.work()
    desk.now += 1
    stray = desk.archive / "activity" / "date=2023-11-14" / "activity-1700000000001_0-to-1700000000001_0.parquet"
    stray.parent.mkdir(parents=True, exist_ok=True)
    stray.write_bytes(b"half")
    desk.hire()
    desk.all_taken()
    assert len(read_activity(desk.archive)) == 1
