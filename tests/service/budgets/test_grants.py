"""What workers may decide, whatever happens between them, Redis and the log."""

from __future__ import annotations

import itertools
import random
import threading
from collections.abc import Callable

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bandit.catalog import Campaign, Catalog
from bandit.join import SETTLE_S
from service import embedded
from service.budgets.grants import GIVE_UP_S, HOLD_S, Grants, _Row
from service.store.budgets import Budgets, Given, Published, Told
from service.store.commands import Store, StoreAway
from tests.entries import START_S, laws
from tests.service.budgets.shop import Sold, World

CATALOG: Catalog = World("", None, (Sold("click", 1.0, 100.0, 0.1),)).catalog()  # type: ignore[arg-type]
STEP_S = 0.1


class Unsteady:
    """A store of budgets whose answers may be lost, and during whose exchanges other things go on."""

    def __init__(self, budgets: Budgets, during: Callable[[], str]) -> None:
        self._budgets, self._during = budgets, during

    def exchange(self, worker: str, told: dict[str, Told], **named: float) -> tuple[dict[str, Given], dict[str, float]]:
        moment = self._during()
        if moment == "before":
            raise StoreAway("broken before")
        answer = self._budgets.exchange(worker, told, **named)
        if self._during() == "after":
            raise StoreAway("broken after")
        return answer


class Town:
    """Some workers, and a log that takes in what they decided, at some time."""

    def __init__(self, url: str, capacity: int, chance: random.Random) -> None:
        self.budgets = Budgets(Store(url))
        self.capacity, self.chance, self.now, self.elapsed = capacity, chance, START_S, 0.0
        self.decided: list[float] = []  # times of ads that the log does not hold
        self.logged = 0
        self.names = itertools.count()
        self.workers = [self.worker() for _ in range(3)]

    def worker(self) -> Grants:
        budgets = Unsteady(self.budgets, self.during)
        return Grants(budgets, f"{id(self)}-{next(self.names)}")  # type: ignore[arg-type]

    def during(self) -> str:
        for _ in range(self.chance.randrange(3)):
            self.decide(self.chance.choice(self.workers))
        return self.chance.choice(("", "", "", "", "before", "after"))

    def decide(self, worker: Grants) -> None:
        if not worker.exhausted(CATALOG.version, CATALOG.campaigns)[0]:
            worker.take("home", "c0", self.now)
            self.decided.append(self.now)

    def refresh(self, worker: Grants) -> None:
        try:
            worker.refresh(CATALOG, self.now, self.elapsed)
        except StoreAway:
            return

    def publish(self, until: float) -> None:
        """The log holds all up to a time, and perhaps more."""
        early = [time for time in self.decided if time > until]
        self.logged += len(self.decided) - len(early)
        self.decided = early
        self.budgets.publish("home", until, {"c0": Published(self.capacity - self.logged, 0.0, b"", b"")})

    def step(self) -> None:
        worker = self.chance.choice(self.workers)
        what = self.chance.choice(("decide", "decide", "decide", "refresh", "refresh", "time", "publish", "kill"))
        if what == "decide":
            self.decide(worker)
        elif what == "refresh":
            self.refresh(worker)
        elif what == "time":
            self.now += STEP_S
            self.elapsed += STEP_S
        elif what == "publish":
            self.publish(self.now - self.chance.random())
        elif self.chance.random() < 0.1:
            self.workers[self.workers.index(worker)] = self.worker()

    @property
    def total(self) -> int:
        return self.logged + len(self.decided)


@pytest.fixture
def budgets(valkey_url: str) -> Budgets:
    return Budgets(Store(valkey_url))


def held(grants: Grants) -> int:
    """How many ads may be decided at once."""
    count = 0
    while not grants.exhausted(CATALOG.version, CATALOG.campaigns)[0]:
        grants.take("home", "c0", START_S)
        count += 1
    return count


def left(budgets: Budgets, ads: int, *, until: float = 0.0, shadow: float = 0.0) -> None:
    budgets.publish("home", until, {"c0": Published(ads, shadow, b"", b"")})


def fresh(budgets: Budgets, name: str = "w", **named: float) -> Grants:
    grants = Grants(budgets, name, **named)
    grants.refresh(CATALOG, START_S, 0.0)
    return grants


@given(st.integers(0, 2**32), st.integers(0, 30))
@laws(40)
def test_no_more_is_decided_than_there_is_whatever_comes_between(
    valkey_server: embedded.EmbeddedValkey, seed: int, capacity: int
) -> None:
    Store(valkey_server.url).client.flushall()
    town = Town(valkey_server.url, capacity, random.Random(seed))
    town.publish(town.now - 1.0)
    for _ in range(60):
        town.step()
        assert town.total <= capacity


def test_all_there_is_can_be_decided(valkey_url: str) -> None:
    town = Town(valkey_url, 50, random.Random(1))
    for _ in range(100):
        town.now, town.elapsed = town.now + STEP_S, town.elapsed + STEP_S
        town.publish(town.now - STEP_S)
        for worker in town.workers:
            town.refresh(worker)
            town.decide(worker)
    assert town.total == 50


def test_what_was_never_published_may_not_be_decided(budgets: Budgets) -> None:
    assert fresh(budgets).exhausted(1, CATALOG.campaigns).tolist() == [True]


def test_a_campaign_may_be_decided_after_one_publication_and_one_exchange(budgets: Budgets) -> None:
    left(budgets, 10)
    assert held(fresh(budgets)) >= 1


def test_without_a_price_or_a_budget_there_is_no_end(budgets: Budgets) -> None:
    campaign = msgspec.structs.replace(CATALOG.campaigns[0], budget=None)
    free = msgspec.structs.replace(CATALOG, campaigns=(campaign,))
    grants = Grants(budgets, "w")
    grants.refresh(free, START_S, 0.0)
    grants.take("home", "c0", START_S)
    grants.take("home", None, START_S)
    assert not grants.exhausted(1, free.campaigns).any()


def test_a_catalog_that_is_not_followed_yet_is_told_by_what_is_held(budgets: Budgets) -> None:
    left(budgets, 10)
    other = msgspec.structs.replace(CATALOG.campaigns[0], id="new")
    assert fresh(budgets).exhausted(2, (other, *CATALOG.campaigns)).tolist() == [True, False]


def test_who_decides_more_holds_more(budgets: Budgets) -> None:
    left(budgets, 10_000)
    grants = fresh(budgets)
    for i in range(1, 40):
        for _ in range(10):
            if not grants.exhausted(1, CATALOG.campaigns)[0]:
                grants.take("home", "c0", START_S)
        grants.refresh(CATALOG, START_S, i * STEP_S)
    assert 10 / STEP_S * HOLD_S * 0.9 <= held(grants) <= 10 / STEP_S * HOLD_S * 2


def test_who_cannot_exchange_gives_up_what_it_holds(budgets: Budgets) -> None:
    left(budgets, 10)
    grants = fresh(budgets)
    budgets.exchange = _away  # type: ignore[assignment, method-assign]
    for tenth in range(1, int(GIVE_UP_S / STEP_S)):
        with pytest.raises(StoreAway):
            grants.refresh(CATALOG, START_S, 2.0 + tenth * STEP_S)
    assert grants.exhausted(1, CATALOG.campaigns).all()


def _away(*_given: object, **_named: object) -> None:
    raise StoreAway("away")


def test_what_a_dead_worker_held_comes_back(budgets: Budgets, eventually: Callable[..., None]) -> None:
    left(budgets, 1)
    assert not fresh(budgets, "dead").exhausted(1, CATALOG.campaigns)[0]
    heir = fresh(budgets, "heir", lapse_s=0.2)
    assert heir.exhausted(1, CATALOG.campaigns)[0]
    seconds = itertools.count(1)

    def has_it() -> bool:
        heir.refresh(CATALOG, START_S, float(next(seconds)))
        return not heir.exhausted(1, CATALOG.campaigns)[0]

    eventually(has_it)


def test_what_a_dead_worker_decided_counts_until_the_log_holds_it(budgets: Budgets) -> None:
    left(budgets, 1)
    dead = fresh(budgets, "dead", lapse_s=0.0)
    assert held(dead) == 1
    dead.refresh(CATALOG, START_S, 0.1)
    heir = fresh(budgets, "heir", lapse_s=0.0)
    assert heir.exhausted(1, CATALOG.campaigns)[0]
    left(budgets, 1, until=START_S + 2 * SETTLE_S)  # it was not billed
    heir.refresh(CATALOG, START_S, 10.0)
    assert not heir.exhausted(1, CATALOG.campaigns)[0]


def test_the_last_ad_goes_round(budgets: Budgets) -> None:
    left(budgets, 1)
    idle, busy = fresh(budgets, "idle"), fresh(budgets, "busy")
    for second in range(1, 10):
        idle.refresh(CATALOG, START_S, float(second))
        busy.refresh(CATALOG, START_S, float(second))
        if not busy.exhausted(1, CATALOG.campaigns)[0]:
            break
    assert not busy.exhausted(1, CATALOG.campaigns)[0]


def test_a_shadow_price_reaches_workers_and_small_moves_do_not(budgets: Budgets) -> None:
    left(budgets, 10, shadow=0.25)
    grants = fresh(budgets)
    first = grants.shadow
    left(budgets, 10, shadow=0.2501)
    grants.refresh(CATALOG, START_S, 10.0)
    assert first == {"c0": 0.25}
    assert grants.shadow is first
    left(budgets, 10, shadow=0.0)
    grants.refresh(CATALOG, START_S, 20.0)
    assert grants.shadow == {}


class Asked(_Row):
    """A row at whose every look somebody asks what is exhausted."""

    ask: Callable[[], object]

    @property
    def held(self) -> int:
        self.ask()
        return 0

    @held.setter
    def held(self, ads: int) -> None: ...


def test_flags_are_of_the_catalog_asked_about_while_another_comes_into_force(budgets: Budgets) -> None:
    grants, row, lengths = fresh(budgets), Asked(0), list[int]()
    grants._rows["c0"] = row
    row.ask = lambda: lengths.append(len(grants.exhausted(CATALOG.version, CATALOG.campaigns)))
    campaigns = (*CATALOG.campaigns, Campaign(id="free"))
    grants._follow(msgspec.structs.replace(CATALOG, version=2, campaigns=campaigns))
    assert set(lengths) == {1}


class Taken:
    """A lock before which something else happens."""

    def __init__(self, before: Callable[[], object]) -> None:
        self._before = before

    def __enter__(self) -> None:
        self._before()

    def __exit__(self, *_: object) -> None: ...


def test_to_decide_an_ad_of_a_campaign_that_goes_this_moment_is_no_fault(budgets: Budgets) -> None:
    left(budgets, 1)
    grants = fresh(budgets)

    def go() -> None:
        grants._lock = threading.Lock()
        grants._follow(msgspec.structs.replace(CATALOG, version=2, campaigns=(), templates=()))

    grants._lock = Taken(go)  # type: ignore[assignment]
    grants.take("home", "c0", START_S)
    assert len(grants.exhausted(2, ())) == 0


def test_what_was_used_by_a_policy_that_is_gone_is_told_no_more(budgets: Budgets) -> None:
    left(budgets, 4)
    grants = fresh(budgets)
    grants.take("home", "c0", START_S)
    grants.refresh(msgspec.structs.replace(CATALOG, version=2, policies=()), START_S, 1.0)
    assert budgets.exchange("other", {"c0": Told(0, 0, {})}, lapse_s=0.0, settle_s=SETTLE_S)[0]["c0"].available == 4
