"""Joins the parts of each process. The only place that reads a clock or draws from chance."""

from __future__ import annotations

import gc
import logging
import os
import signal
import socket
import threading
import time
import uuid
from collections.abc import Callable
from contextlib import suppress
from typing import NamedTuple

import structlog

from bandit.kernels.warm import compile_all
from service import embedded, metrics
from service.accepting import Acceptor
from service.access.gate import Access
from service.access.rotation import Rotating
from service.access.signing import Signer
from service.activity.collecting import Collector
from service.activity.mappings.declared import declared
from service.books.bookkeeper import Bookkeeper, Terms
from service.books.people import People
from service.books.states import States
from service.budgets.grants import Grants
from service.catalogs import Catalogs
from service.deciding.decider import Decider
from service.deciding.knowing import Knowing
from service.deciding.stock import Stock
from service.host import Copies
from service.learner.learners import Learners
from service.learner.learning import Rhythm
from service.matching.making import make
from service.matching.of_users import matching
from service.matching.reading import Matching
from service.matching.rounds import Rounds
from service.outbox.journal import claim
from service.outbox.room import Room, room
from service.outbox.shared import shared
from service.outbox.ship import BATCH, Shipper
from service.products.reading import Products
from service.serving import Serving
from service.settings import Settings, given_secrets, hosts_of, secret
from service.store.books import Books
from service.store.budgets import Budgets
from service.store.commands import Store, StoreAway
from service.store.matching import MatchingStore
from service.store.refusals import Refusals
from service.store.users import UserStore
from service.tally import settle
from service.users import Users
from service.web.parts import Web

REFRESH_S = 0.1  # between looks for new weights and catalogs
IDLE_S = 0.02  # between looks for work where there was none
FIRST_LOOK_S = 3.0  # a new worker waits so long for its first catalog, then answers without
AWAY_S = 0.2  # between tries while Redis is away
WATCH_S = 0.2  # between looks for new or revoked keys
CATALOG_S = 0.5  # between looks for a new catalog in shipper
LEASE_LOOK_S = 0.25  # between a standby's looks whether there is something to take over
NICE_MATCHER = 19  # nobody waits for it
NICE_BOOKS = 5  # of the bookkeeper: caps and budgets hang on it
NICE = 10  # of shipper and learner: where processors are short, answers come first, and what waits is on disk
# Objects a learner makes between two searches for circles: records have none, and the many that wait for their horizon
# are gone through each time, which took a quarter of its time.
COLLECT_AFTER = 100_000

log = structlog.get_logger(__name__)


class Fresh(NamedTuple):
    """What a web worker keeps up to date."""

    serving: Serving
    space: Room
    users: Users
    knowing: Knowing
    grants: Grants
    stock: Stock

    def look(self) -> None:
        """Take in what is new in Redis and on this host. Raises StoreAway."""
        try:
            self.knowing.look()
            self.serving.refresh()
        finally:  # what is held of budgets is to be given up in time, whatever else is amiss
            try:
                self.grants.refresh(self.serving.catalog, clock(), elapsed())
            finally:
                self.stock.look(self.serving.catalog, elapsed())


clock = time.time
elapsed = time.monotonic
pause = time.sleep


class _StandardError:
    """Where log lines go. That they cannot, as to a file on a full disk, is nobody's fault who has something to say."""

    def write(self, text: str) -> None:
        with suppress(OSError):
            os.write(2, text.encode())

    def flush(self) -> None: ...


def say(settings: Settings) -> None:
    """Structured log lines on standard error."""
    level = logging.getLevelNamesMapping().get(settings.log_level.upper(), logging.INFO)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(_StandardError()),  # type: ignore[arg-type]
    )


def redis_url(settings: Settings) -> str:
    """The Redis to use: the one given, else the embedded one."""
    return settings.redis_url or embedded.socket_url(settings.data / "valkey")


def web(settings: Settings) -> Web:
    """One web worker's parts, fresh, with a thread that keeps them so."""
    compile_all()
    metrics.forget_dead(settings.data / "metrics")
    store = Store(redis_url(settings), replicas=settings.redis_wait)
    hosts = hosts_of(settings)
    catalogs = Catalogs(store, hosts)
    users, grants = Users(UserStore(redis_url(settings), elapsed)), Grants(Budgets(store), uuid.uuid4().hex)
    stock = Stock(Products(settings.data), Matching(settings.data))
    serving = Serving(store, catalogs, clock, lambda: grants.shadow)
    signer, access = Signer(secret(settings)), Access(settings.data, settings.host, settings.workers, elapsed)
    _watch_keys(settings, signer, access)
    own, _ = claim(settings.data / "outbox")
    common = shared(settings.data / "outbox")
    space = room(settings.data / "outbox", own, common, settings.outbox_bytes)
    refusals = Refusals(store)
    knowing = Knowing(users, refusals, grants, stock)
    fresh, looked = Fresh(serving, space, users, knowing, grants, stock), threading.Event()
    threading.Thread(target=_keep_fresh, args=(fresh, looked), name="refresh", daemon=True).start()
    looked.wait(FIRST_LOOK_S)
    return Web(
        decider=Decider(serving, own, common, signer, os.urandom, users, knowing, grants, stock, space, hosts),
        acceptor=Acceptor(common, signer, serving.terms, space),
        collector=Collector(
            common, signer, serving.currency, space, declared(settings.activity_mapping), knowing.refused
        ),
        signer=signer,
        serving=serving,
        catalogs=catalogs,
        store=store,
        products=Products(settings.data),
        people=People(States(Books(store), settings.profile_days), refusals),
        outboxes=(own, common),
        clock=clock,
        elapsed=elapsed,
        access=access,
        hosts=hosts,
    )


def _watch_keys(settings: Settings, signer: Signer, access: Access) -> None:
    """Take new keys and secrets into use as they come, in a thread of their own: Redis may hold up the other."""
    given = given_secrets(settings)
    rotating = None if given else Rotating(settings.data, secret(settings), signer, clock())
    if given:
        signer.use(given)

    def watch() -> None:
        while True:
            time.sleep(WATCH_S)
            try:
                access.look()
                if rotating:
                    rotating.look(clock())
            except Exception:
                log.exception("keys_not_looked_at")

    threading.Thread(target=watch, name="keys", daemon=True).start()


def run_shipper(settings: Settings) -> None:
    """Ship until told to stop, then ship what is left."""
    os.nice(NICE)
    stop = _stop_signal()
    metrics.forget_dead(settings.data / "metrics")
    store = Store(redis_url(settings), replicas=settings.redis_wait)
    catalogs = Catalogs(store)
    most_log = float("inf") if settings.keep_log else settings.log_entries
    bounds = {"most_bytes": settings.outbox_bytes, "most_log": most_log}
    shipper = Shipper(settings.data / "outbox", store, clock, elapsed, **bounds)
    horizons_s: dict[str, float] = {}

    def look() -> None:
        horizons_s.clear()
        horizons_s.update({policy.id: policy.horizon_s for policy in catalogs.current().policies})

    def ship() -> bool:
        moved = shipper.round(horizons_s)
        metrics.shipped.inc(moved)
        return moved >= BATCH

    def count() -> None:
        metrics.backlog.set(shipper.backlog())

    _work(stop, ship, every=[(CATALOG_S, look), (CATALOG_S, count)])
    try:
        while shipper.round(horizons_s):
            pass
    except StoreAway:
        log.warning("stopped_with_backlog", rows=shipper.backlog())


def run_learner(settings: Settings) -> None:
    """Learn the policies nobody else learns until told to stop, then commit."""
    gc.set_threshold(COLLECT_AFTER)
    os.nice(NICE)
    stop = _stop_signal()
    metrics.forget_dead(settings.data / "metrics")
    store = Store(redis_url(settings))
    rhythm = Rhythm(settings.commit_s, settings.archive_s, settings.keep_log, settings.keep_snapshot_s)
    learners = Learners(store, Catalogs(store), settings.data / "archive", rhythm, elapsed, _holder())
    _work(stop, learners.round, every=[(LEASE_LOOK_S, learners.look), (CATALOG_S, learners.count)])
    learners.finish()


def run_bookkeeper(settings: Settings) -> None:
    """Keep the books nobody else keeps until told to stop, then commit."""
    gc.set_threshold(COLLECT_AFTER)
    os.nice(NICE_BOOKS)
    stop = _stop_signal()
    metrics.forget_dead(settings.data / "metrics")
    store = Store(redis_url(settings))
    terms = Terms(settings.data / "archive", settings.archive_s, settings.profile_days, settings.keep_log)
    known = Matching(settings.data)
    states = States(Books(store), settings.profile_days, matching(known))
    keeper = Bookkeeper(store, Catalogs(store), terms, clock, elapsed, _holder(), states)
    copies, rounds = Copies(store, settings.data, elapsed), Rounds(settings.data, settings.match_s, elapsed)

    def work() -> bool:
        return keeper.round() | copies.round()

    _work(
        stop,
        work,
        every=[
            (LEASE_LOOK_S, keeper.look),
            (CATALOG_S, keeper.count),
            (CATALOG_S, known.look),
            (CATALOG_S, lambda: rounds.look() if keeper.at_work else None),
        ],
    )
    rounds.finish()
    keeper.finish()


def run_matcher(settings: Settings) -> None:
    """Make the tables that products are matched by, once."""
    os.nice(NICE_MATCHER)
    MatchingStore(Store(redis_url(settings))).put(make(settings.data, clock()), time.time_ns() // 1_000_000)


def _keep_fresh(fresh: Fresh, looked: threading.Event) -> None:
    """Look again and again; `looked` is set when all was seen for the first time."""
    away = False
    while True:
        try:
            settle()
            fresh.space.look()
            fresh.users.look()
            fresh.look()
            looked.set()
            away = False
        except StoreAway as fault:
            if not away:
                log.warning("store_away", reason=str(fault))
            away = True
        except Exception:
            log.exception("refresh_failed")
        time.sleep(REFRESH_S)


def _work(stop: threading.Event, work: Callable[[], bool], every: list[tuple[float, Callable[[], None]]]) -> None:
    """Do `work` until stopped, and the rest at its own pace; after work that left nothing, wait for some to gather."""
    due = [0.0] * len(every)
    away = False
    while not stop.is_set():
        try:
            for i, (pause_s, task) in enumerate(every):
                if elapsed() >= due[i]:
                    task()
                    due[i] = elapsed() + pause_s
            more = work()
            away = False
            if not more:
                stop.wait(IDLE_S)
        except StoreAway as fault:
            if not away:
                log.warning("store_away", reason=str(fault))
            away = True
            stop.wait(AWAY_S)


def _holder() -> str:
    """Names this process and no other, ever."""
    return f"{socket.gethostname()}/{os.getpid()}/{uuid.uuid4().hex}"


def _stop_signal() -> threading.Event:
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    return stop
