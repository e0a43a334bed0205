"""What is kept of users, by a real service: soon there, never past a cap, exact though the bookkeeper is killed."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote

import pytest

from bandit.codec import decode
from bandit.happenings import Happenings
from bandit.profiles import codec
from bandit.profiles.activity import LOG
from bandit.profiles.names import Names
from bandit.profiles.profile import UserState
from bandit.profiles.seen import seen_by
from bandit.profiles.stored import decode as state_of
from bandit.shelf import lay_out
from service import embedded
from service.access.gate import may
from service.catalogs import Catalogs
from service.store.books import Books
from service.store.commands import START, Store
from tests.catalogs import Json
from tests.running import Running, eventually

CAP, HANDS = 3, 8
CATALOG: Json = {
    "policies": [{"id": "home", "horizon_s": 2}],
    "placements": [{"id": "hero"}],
    "campaigns": [{"id": "shoes", "caps": [{"impressions": CAP, "hours": 24}]}],
    "templates": [{"id": "sale", "campaign": "shoes"}],
}
KILLS = 2


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    running = Running(tmp_path_factory.mktemp("shop") / "data", CATALOG, ADBANDIT_WORKERS="2", ADBANDIT_KEEP_LOG="true")
    yield running
    running.stop()


def view(name: str, **user: str) -> Json:
    return {"id": name, "type": "view", "user": user, "product": "p", "category": "shoes"}


def known(shop: Running, key: str) -> Json:
    """What is kept of a user; nothing if there is none."""
    status, answer = shop.call("GET", f"/v1/users/{quote(key, safe='')}")
    return answer if status == 200 else {}


def test_what_a_user_does_is_known_within_a_second(shop: Running) -> None:
    took = []
    for number in range(9):
        started = time.monotonic()
        shop.call("POST", "/v1/activity", {"activities": [view(f"soon-{number}", key=f"soon-{number}")]})
        eventually(lambda key=f"soon-{number}": known(shop, key), every_s=0.005)
        took.append(time.monotonic() - started)
    assert sorted(took)[len(took) // 2] < 1.0


def test_a_cap_is_overshot_by_no_more_than_was_in_flight(shop: Running) -> None:
    ask = {"policy": "home", "user": {"key": "eager"}}
    with ThreadPoolExecutor(HANDS) as hands:
        found = list(hands.map(lambda _: shop.decide(**ask), range(10 * HANDS)))
    assert CAP <= sum(len(answer["ads"]) for answer in found) < CAP + HANDS
    assert shop.decide(**ask)["no_fill"]["excluded"] == {"campaign_cap": 1}


def test_an_erased_user_is_unknown_under_every_name(shop: Running) -> None:
    shop.call("POST", "/v1/activity", {"activities": [view("gone-1", key="a/b c", anonymous_key="cookie")]})
    eventually(lambda: known(shop, "a/b c").get("names") == 2)
    assert shop.call("DELETE", "/v1/users/a%2Fb%20c")[0] == 204
    assert (known(shop, "a/b c"), known(shop, "cookie")) == ({}, {})


def test_who_refuses_is_not_personalised_for_until_consent_comes_back(shop: Running) -> None:
    consent = "/v1/users/shy/consent"
    assert shop.call("PUT", consent, {"personalize": False}) == (200, {"personalize": False})
    shop.call("POST", "/v1/activity", {"activities": [view("shy-1", key="shy"), view("end-1", key="end")]})
    eventually(lambda: known(shop, "end"))
    assert (known(shop, "shy")["personalize"], known(shop, "shy")["counts"]) == (False, {})
    ads = [shop.decide(policy="home", user={"key": "shy"})["ads"] for _ in range(CAP + 2)]
    assert all(ads)  # nobody is counted
    assert shop.call("PUT", consent, {"personalize": True})[0] == 200
    tell = {"activities": [view("shy-2", key="shy")]}
    eventually(
        lambda: shop.call("POST", "/v1/activity", tell)[1]["accepted"]
    )  # every worker hears of it within a second
    eventually(lambda: known(shop, "shy").get("counts") == {"view": 1})


def test_a_key_or_a_consent_that_cannot_be_is_refused(shop: Running) -> None:
    assert shop.call("GET", f"/v1/users/{'k' * 257}")[0] == 422
    assert shop.call("PUT", "/v1/users/k/consent", {"personalize": "no"})[0] == 422
    assert shop.call("PUT", "/v1/users/k/consent", b"{")[0] == 400
    assert not any(may("report", method, "/v1/users/k") for method in ("GET", "DELETE"))


def test_states_are_the_fold_of_the_logs_though_the_bookkeeper_is_killed_again_and_again(shop: Running) -> None:
    done = threading.Event()
    with ThreadPoolExecutor(1) as hand:
        traffic = hand.submit(_live, shop, done)
        for _ in range(KILLS):
            pid = eventually(lambda: shop.children().get("bookkeeper"))
            before = _written(shop)
            eventually(lambda before=before: _written(shop) != before)  # it is at work
            os.kill(pid, signal.SIGKILL)
            eventually(lambda pid=pid: shop.children().get("bookkeeper", pid) != pid)
        done.set()
        assert traffic.result() > 0
    assert eventually(lambda: _states(shop) == _folded(shop), within_s=20.0, every_s=0.2)


def _live(shop: Running, done: threading.Event) -> int:
    """Users who do things, see ads, and log in."""
    number = 0
    while not done.wait(0.02):  # the processors are for the service
        number += 1
        key, other = f"u{number % 5}", f"a{number % 7}"
        user = {"key": key, "anonymous_key": other} if number % 20 == 0 else {"key": (key, other)[number % 2]}
        shop.call("POST", "/v1/activity", {"activities": [view(f"live-{number}", **user)]})
        answer = shop.decide(policy="home", user={"key": f"v{number % 400}"})
        for ad in answer["ads"]:
            shop.call("GET", ad["tracking"]["impression_url"])
    return number


def _store(shop: Running) -> Store:
    return Store(embedded.socket_url(shop.data / "valkey"))


def _written(shop: Running) -> dict[str, bytes]:
    return Books(_store(shop)).of(LOG)


def _states(shop: Running) -> dict[bytes, UserState]:
    """Every state that nobody erased, but for the products that match: those are of the tables there were."""
    client = _store(shop).client
    keys = client.keys("{u:*}:state")
    found = {bytes.fromhex(key[3:35].decode()): state_of(client.get(key)) for key in keys}
    return {name: _bare(state) for name, state in found.items() if not state.erased}


def _folded(shop: Running) -> dict[bytes, UserState]:
    """What the logs come to, of the same users."""
    store, names = _store(shop), Names({})
    catalog = Catalogs(store).current()
    happenings = Happenings(lambda version: lay_out(catalog, catalog.policies[0]))
    for position, stored in store.log("home", START, count=10**6):
        for seen in seen_by(happenings.fold(position, decode(stored))):
            names.take(position, "home", seen)
    for position, stored in store.log(LOG, START, count=10**6):
        names.take(position, LOG, codec.decode(stored))
    kept = _states(shop)
    return {name: _bare(state) for name, state in names.states().items() if name in kept}


def _bare(state: UserState) -> UserState:
    return UserState(state.profile, state.exposures, (), state.aliases, state.read)
