"""What a decision is told of its user, and what of it nobody asked for."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import msgspec
import numpy as np
import pytest

from bandit.catalog import Catalog, checked
from bandit.eligibility.plan import Plan
from bandit.profiles.profile import Profile, UserState
from bandit.shelf import lay_out
from service.deciding.knowing import Knowing, Known
from service.schemas import DecisionRequest
from service.store.commands import Store
from service.store.refusals import Refusals

USER, NOW_S = bytes(range(16)), 1_800_000_000.0
SEEN = int(NOW_S) - 60
KNOWN = UserState(Profile(since=SEEN, last=SEEN, categories={"shoes": 2.0}, visits=((SEEN, SEEN),)))
PERSONAL = {"age": "25-34"}


class Users:
    """One user, and how often anybody looked."""

    def __init__(self, state: UserState = KNOWN) -> None:
        self.looks = 0
        self._state = state

    def read(self, user: bytes, now: float) -> UserState:
        self.looks += 1
        return self._state


@pytest.fixture
def refusals(valkey_url: str) -> Iterator[Refusals]:
    store = Store(valkey_url)
    yield Refusals(store)
    store.close()


def ask(users: Users, refusals: Any = None, *, user: bytes = USER, consent: bool = True, **policy: Any) -> Known:
    catalog = checked(
        msgspec.convert({"policies": [{"id": "home", **policy}], "placements": [{"id": "hero"}]}, Catalog)
    )
    shelf = lay_out(catalog, catalog.policies[0])
    served: Any = SimpleNamespace(shelf=shelf, plan=Plan(shelf))
    grants: Any = SimpleNamespace(exhausted=lambda *_: np.zeros(0, np.bool_))
    stock: Any = SimpleNamespace(unfit=lambda _: None)
    store: Any = users
    knowing = Knowing(store, refusals, grants, stock)
    if refusals:
        knowing.look()
    given = {"user": {"key": "k", "consent": {"personalize": consent}}, "context": {"user": PERSONAL, "hour": 3}}
    return knowing.known(msgspec.convert(given, DecisionRequest), user if consent else b"", served, NOW_S)


def test_a_policy_that_wants_nothing_of_its_users_asks_for_nothing() -> None:
    users = Users()
    assert ask(users).context == {"user": PERSONAL, "hour": 3}
    assert users.looks == 0


def test_a_profile_stands_beside_what_the_shop_says_of_its_user() -> None:
    users = Users()
    told = ask(users, profiles=True).context["user"]
    assert isinstance(told, dict)
    assert (told["age"], told["~like"], "~likes" in told, users.looks) == ("25-34", "shoes", False, 1)
    everything = ask(users, profiles=True, profile_detail="all").context["user"]
    assert isinstance(everything, dict)
    assert everything["~likes"] == ["shoes"]


def test_without_consent_nobody_is_looked_up_and_nothing_of_a_user_is_used() -> None:
    users = Users()
    known = ask(users, profiles=True, fatigue=True, consent=False)
    assert (known.context, known.user, known.consent, known.counted, users.looks) == ({"hour": 3}, b"", False, False, 0)


@pytest.mark.parametrize("policy", [{}, {"profiles": True, "fatigue": True}])
def test_who_refuses_is_nobody_to_every_policy(refusals: Refusals, policy: dict[str, Any]) -> None:
    refusals.add([USER])
    known = ask(Users(), refusals, **policy)
    assert (known.context, known.user, known.consent, known.counted) == ({"hour": 3}, b"", False, False)


def test_who_refused_a_moment_ago_is_nobody_where_the_state_is_read() -> None:
    known = ask(Users(UserState(refused=True)), profiles=True)
    assert (known.context, known.user, known.consent) == ({"hour": 3}, b"", False)


def test_a_refusal_ends_with_consent(refusals: Refusals) -> None:
    refusals.add([USER])
    refusals.remove([USER])
    assert ask(Users(), refusals).user == USER


def test_who_refuses_is_asked_for_only_when_that_has_changed(refusals: Refusals) -> None:
    refusals.add([USER])
    found = refusals.newer(0)
    assert found is not None
    assert (found.users, refusals.newer(found.version)) == ({USER}, None)
