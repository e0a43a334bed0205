"""Several web workers that share budgets over a real Valkey, with real journals, shipper and log, each a process.

What a campaign really cost is counted from the log afterwards, without anything that keeps budgets.
"""

from __future__ import annotations

import heapq
import multiprocessing
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np

from bandit.catalog import Campaign, Catalog, Placement, Template, checked
from bandit.codec import decode, encode
from bandit.config import Policy
from bandit.happenings import Happened, Happenings
from bandit.money import Money
from bandit.pacing.budget import Budget, Per, Price
from bandit.pacing.spending import BILLABLE, Spending
from bandit.records import Decision, Event, Round, packed
from bandit.shelf import Shelf, lay_out
from service.budgets.grants import LAPSE_S, Grants
from service.budgets.publishing import Publisher
from service.outbox import journal
from service.outbox.shared import shared
from service.outbox.ship import Shipper
from service.store.budgets import Budgets
from service.store.commands import START, Store

PUBLISH_S = 0.05
REFRESH_S = 0.1
FORKED = multiprocessing.get_context("fork")
ONE = np.ones(1, "<f4").tobytes()


class Sold(NamedTuple):
    """A campaign and how its ads do."""

    per: Per
    price: float
    budget: float
    rate: float  # of ads that become billable


class World(NamedTuple):
    """What all processes know."""

    url: str  # of the store
    folder: Path  # of the outbox
    sold: tuple[Sold, ...]
    horizon_s: float = 1.0
    delay_s: float = 0.2  # mean, from decision to billable event
    asks_s: float = 60.0  # requests a worker answers a second
    lapse_s: float = LAPSE_S

    def catalog(self, *, version: int = 1) -> Catalog:
        return checked(
            Catalog(
                version=version,
                policies=(Policy(id="home", horizon_s=self.horizon_s),),
                placements=(Placement(id="hero"),),
                campaigns=tuple(_campaign(f"c{i}", sold) for i, sold in enumerate(self.sold)),
                templates=tuple(Template(id=f"t{i}", campaign=f"c{i}") for i in range(len(self.sold))),
            )
        )


def _campaign(name: str, sold: Sold) -> Campaign:
    price = Price(per=sold.per, amount=Money(value=sold.price, currency="EUR"))
    return Campaign(id=name, price=price, budget=Budget(daily=Money(value=sold.budget, currency="EUR"), pacing="none"))


def work(world: World, seed: int) -> None:
    """One web worker: decides what it may, at its pace, and tells what becomes of it."""
    draws = np.random.default_rng(seed)
    catalog = world.catalog()
    grants = Grants(Budgets(Store(world.url)), f"{os.getpid()}-{seed}", lapse_s=world.lapse_s)
    own, _ = journal.claim(world.folder)
    common = shared(world.folder)
    due: list[tuple[float, int, bytes, int]] = []
    keep_fresh(grants, catalog)
    count = 0
    while True:
        now = time.time()
        open_now = np.flatnonzero(~grants.exhausted(catalog.version, catalog.campaigns))
        if len(open_now):
            i, count = int(draws.choice(open_now)), count + 1
            raw = os.urandom(16)
            grants.take("home", f"c{i}", now)
            own.append("home", now, encode(decided(raw, now, i)))
            if draws.random() < world.sold[i].rate:
                heapq.heappush(due, (now + float(draws.exponential(world.delay_s)), count, raw, i))
        while due and due[0][0] <= now:
            _, number, raw, i = heapq.heappop(due)
            kind = BILLABLE[world.sold[i].per]
            told = Event(f"{seed}-{number}", raw, 0, kind, now, now, 1.0 if kind == "purchase" else 0.0)  # type: ignore[arg-type]
            common.append_new([("home", now, encode(told), told.id)])
        time.sleep(float(draws.exponential(1.0 / world.asks_s)))


def keep_fresh(grants: Grants, catalog: Catalog) -> None:
    """The refresh thread of a worker."""

    def run() -> None:
        while True:
            grants.refresh(catalog, time.time(), time.monotonic())
            time.sleep(REFRESH_S)

    threading.Thread(target=run, daemon=True).start()


def decided(raw: bytes, now: float, i: int) -> Decision:
    """A decision for the template at place i."""
    drawn = Round(packed(np.array([i], np.uint32)), ONE, 0)
    return Decision(raw, now, b"", True, 0, 1, 0, {}, (drawn,), {})


def ship(world: World) -> None:
    """The shipper of the host."""
    shipper = Shipper(world.folder, Store(world.url), time.time, time.monotonic)
    while True:
        shipper.round({"home": world.horizon_s})
        time.sleep(0.02)


def keep_books(world: World) -> None:
    """Reads the log and publishes what it says."""
    store, catalog = Store(world.url), world.catalog()
    publisher = Publisher(Budgets(store), lambda: catalog)
    reader = Reader(world, store)
    while True:
        reader.read()
        publisher.publish("home", reader.spending, reader.until, time.time())
        time.sleep(PUBLISH_S)


class Reader:
    """The fold of the log."""

    def __init__(self, world: World, store: Store) -> None:
        catalog = world.catalog()
        campaigns = {campaign.id: campaign for campaign in catalog.campaigns}
        shelf: Shelf = lay_out(catalog, catalog.policies[0])
        self._store = store
        self._happenings = Happenings(lambda version: shelf)
        self.spending = Spending(lambda version, name: campaigns[name])
        self.position, self.until = START, 0.0
        self.happened: list[Happened] = []

    def read(self) -> None:
        while entries := self._store.log("home", self.position, count=5_000):
            for entry in entries:
                found = decode(entry.stored)
                for one in self._happenings.fold(entry.position, found):
                    self.spending.step(one)
                    self.happened.append(one)
                self.position, self.until = entry.position, max(self.until, found.time)


class Shop:
    """Processes of a world, killed by `close`."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._reader = Reader(world, Store(world.url))
        self._others = [self._start(ship), self._start(keep_books)]
        self.workers: list[multiprocessing.process.BaseProcess] = []

    def hire(self, count: int) -> None:
        """Start more workers."""
        for _ in range(count):
            self.workers.append(self._start(work, len(self.workers)))

    def _start(self, run: Callable[..., None], *given: int) -> multiprocessing.process.BaseProcess:
        process = FORKED.Process(target=run, args=(self.world, *given), daemon=True)
        process.start()
        return process

    def close(self) -> None:
        for process in (*self.workers, *self._others):
            process.kill()
            process.join()
        shipper = Shipper(self.world.folder, Store(self.world.url), time.time, time.monotonic)
        while shipper.round({"home": self.world.horizon_s}):
            pass

    def costs(self) -> list[float]:
        """What each campaign really cost: billable events of distinct ads in the log, by their prices."""
        self._reader.read()
        found = []
        for i, sold in enumerate(self.world.sold):
            ads = {
                (one.decision, one.slot)
                for one in self._reader.happened
                if one.campaign == f"c{i}" and one.kind == BILLABLE[sold.per]
            }
            found.append(len(ads) * sold.price / (1_000 if sold.per == "mille" else 1))
        return found
