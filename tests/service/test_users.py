"""What a worker knows of users: Redis and its own memory, told as one."""

from __future__ import annotations

import time

import pytest

from bandit.profiles.exposures import row, rows
from bandit.profiles.profile import Profile, UserState
from bandit.profiles.stored import encode
from service.store.books import Books, Change
from service.store.commands import Store
from service.store.users import SHOWN_KEPT, UserStore
from service.users import PENDING_S, REMEMBERED, Users
from tests.entries import START_S, raw

USER = b"u" * 16
NOW_S = START_S


def exposure(number: int, at: float = NOW_S) -> bytes:
    return row(at, raw(number), 0, "sale", "summer", "hero")


class Shop:
    """A worker of each kind: one that reaches Redis and shows ads, and another."""

    def __init__(self, url: str) -> None:
        self.books, self.store = Books(Store(url)), UserStore(url, time.monotonic)
        self.one, self.other = Users(self.store), Users(UserStore(url, time.monotonic))
        self.one.look()
        self.other.look()

    def keep(self, state: UserState) -> None:
        before = (self.books.states([USER])[0] or b"")[:4]
        assert self.books.put_states([Change(USER, before, encode(state), 0)]) == [True]


@pytest.fixture
def shop(valkey_url: str) -> Shop:
    return Shop(valkey_url)


def seen(users: Users, now: float = NOW_S) -> int:
    return len(rows(users.read(USER, now).exposures))


def test_what_one_worker_shows_the_next_decision_of_every_worker_counts(shop: Shop) -> None:
    shop.one.shown(USER, [exposure(1), exposure(2)], NOW_S)
    assert [seen(shop.one), seen(shop.other)] == [2, 2]


def test_what_was_shown_and_is_known_to_be_seen_counts_once(shop: Shop) -> None:
    shop.one.shown(USER, [exposure(1)], NOW_S)
    shop.keep(UserState(exposures=exposure(1)))
    assert [seen(shop.one), seen(shop.other)] == [1, 1]


def test_what_was_shown_and_not_seen_counts_no_longer_than_an_impression_may_take(shop: Shop) -> None:
    shop.one.shown(USER, [exposure(1)], NOW_S)
    assert [seen(shop.one, NOW_S + PENDING_S + after) for after in (-1, 1)] == [1, 0]


def test_while_redis_is_away_a_worker_goes_by_what_it_remembers(shop: Shop) -> None:
    shop.keep(UserState(profile=Profile(last=7), exposures=exposure(1)))
    shop.one.read(USER, NOW_S)
    shop.store.close()
    shop.one.shown(USER, [exposure(2)], NOW_S)
    assert (shop.one.read(USER, NOW_S).profile.last, seen(shop.one)) == (7, 2)
    assert shop.one.read(b"n" * 16, NOW_S) == UserState()


def test_a_damaged_state_is_no_state(shop: Shop) -> None:
    shop.books.put_states([Change(USER, b"", b"damaged", 0)])
    assert shop.one.read(USER, NOW_S) == UserState()


def test_of_who_refused_there_is_nothing_but_that(shop: Shop) -> None:
    shop.one.shown(USER, [exposure(1)], NOW_S)
    shop.keep(UserState(erased=NOW_S + 1, refused=True))
    assert shop.one.read(USER, NOW_S + 1) == UserState(erased=NOW_S + 1, refused=True)


def test_what_was_shown_before_an_erasure_is_forgotten_by_every_worker(shop: Shop) -> None:
    shop.one.shown(USER, [exposure(1)], NOW_S)
    shop.keep(UserState(erased=NOW_S + 1))
    assert [seen(shop.one, NOW_S + 1), seen(shop.other, NOW_S + 1)] == [0, 0]


def test_a_worker_remembers_so_many_users_and_no_more(shop: Shop) -> None:
    shop.store.close()
    for number in range(REMEMBERED + 9):
        shop.one.shown(raw(number), [exposure(number)], NOW_S)
    assert len(shop.one._known) == REMEMBERED


def test_of_one_user_a_worker_remembers_as_many_ads_as_redis_and_no_more(shop: Shop) -> None:
    for number in range(SHOWN_KEPT + 9):
        shop.one.shown(USER, [exposure(number)], NOW_S)
    shop.store.close()
    assert seen(shop.one) == SHOWN_KEPT
