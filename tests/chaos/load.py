"""Shoppers who ask, click and buy without pause: twice, in the wrong order and late, as real ones do."""

from __future__ import annotations

import heapq
import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import urllib3

from tests.chaos.ledger import Ask, Ledger, Tell
from tests.running import Json, Running

POLICIES = ("home", "shop")
HORIZON_S = 0.5  # of both
CATALOG: Json = {
    "policies": [
        {
            "id": "home",
            "horizon_s": HORIZON_S,
            "holdout": {"share": 0.2},
            "learning": {"bits": 14, "replay": {"depth": 8, "buffer": 100}},
        },
        {
            "id": "shop",
            "horizon_s": HORIZON_S,
            "exploration": {"kind": "epsilon_greedy", "epsilon": 0.2},
            "learning": {"bits": 14, "replay": {"depth": 0}},
            "reward": {"click": 0.25, "purchase_value": 0.01},
        },
    ],
    "placements": [{"id": "hero", "page_type": "home"}, {"id": "rail", "features": {"height": 2}}],
    "templates": [
        {"id": "sale", "features": {"tone": "loud", "discount": 0.3}},
        {"id": "new", "features": {"tone": "calm", "tags": ["fresh", "season"]}},
        {"id": "plain"},
    ],
}
PRICES = (5.0, 20.0, 49.5)
PATIENCE_S = 20.0  # in which a shop sends again what it got no answer to
KINDS = (("impression", 0.5), ("click", 0.4), ("purchase", 0.1), ("viewable", 0.2), ("dismiss", 0.05))


class Load:
    """Some threads of shoppers on one service; more than one run may share a ledger."""

    def __init__(
        self,
        service: Running,
        ledger: Ledger,
        seed: int,
        *,
        threads: int = 2,
        pause_s: float = 0.01,
        lull: threading.Event | None = None,
    ) -> None:
        """
        lull  while it is set nobody asks
        """
        self._service = service
        self.ledger = ledger
        self._stop = threading.Event()
        self._shoppers = [_Shopper(service, ledger, f"{seed}.{i}", self._stop, pause_s) for i in range(threads)]
        for shopper in self._shoppers:
            shopper.lull = lull or threading.Event()

    @contextmanager
    def running(self) -> Iterator[None]:
        """Shop for as long as the block lasts, then send what is still to be sent."""
        threads = [threading.Thread(target=shopper.shop) for shopper in self._shoppers]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self._stop.set()
            for thread in threads:
                thread.join()


class _Shopper:
    """One thread."""

    def __init__(self, service: Running, ledger: Ledger, name: str, stop: threading.Event, pause_s: float) -> None:
        self._service = service
        self._ledger = ledger
        self._name = name
        self._stop = stop
        self._pause_s = pause_s
        self._chance = random.Random(name)
        self._due: list[tuple[float, int, Tell]] = []  # events still to be sent
        self._count = 0
        self.lull = threading.Event()

    def shop(self) -> None:
        while not self._stop.is_set():
            if not self.lull.is_set():
                self._ask()
            self._send_due(time.monotonic())
            self._stop.wait(self._chance.uniform(0.5, 1.5) * self._pause_s)
        while self._due:  # what is late stays late
            time.sleep(max(0.0, self._due[0][0] - time.monotonic()))
            self._send_due(time.monotonic())

    def _ask(self) -> None:
        self._count += 1
        name = f"{self._name}.{self._count}"
        ask = Ask(name, self._chance.choice(POLICIES), time.monotonic())
        self._ledger.asks[name] = ask
        request: Json = {
            "policy": ask.policy,
            "user": {"key": f"u{self._chance.randrange(50)}"},
            "context": {"hour": self._count % 24, "ask": name},
            "count": self._chance.choice((1, 1, 2)),
        }
        again = 0
        if self._chance.random() < 0.3:
            request["request_id"] = name
            again = self._chance.choice((0, 1, 2))
        self._answered(ask, request, sure="request_id" in request)
        for _ in range(again if ask.decision else 0):
            self._answered(ask, request, sure=False)
        for slot in range(ask.slots):
            self._plan(ask, slot)

    def _answered(self, ask: Ask, request: Json, *, sure: bool) -> None:
        """Ask; with an id of the request's own as often as needed, without it once."""
        give_up_at = time.monotonic() + PATIENCE_S
        while time.monotonic() < give_up_at:
            answer = self._call("/v1/decisions", request, 200)
            if answer is not None and answer["ads"]:
                self._ledger.answered(ask, answer, time.monotonic())
                return
            if not sure:
                return
            time.sleep(0.05)

    def _plan(self, ask: Ask, slot: int) -> None:
        """Events of one ad: shuffled, some twice, some long after their horizon."""
        now = time.monotonic()
        kinds = [kind for kind, share in KINDS if self._chance.random() < share]
        self._chance.shuffle(kinds)
        for kind in kinds:
            value = self._chance.choice(PRICES) if kind == "purchase" else 0.0
            told = Tell(f"{kind}.{ask.name}.{slot}", ask.name, slot, kind, value)
            self._ledger.tells[told.id] = told
            delays = [3 * HORIZON_S if self._chance.random() < 0.05 else self._chance.choice((0.0, 0.0, 0.05, 0.2))]
            if self._chance.random() < 0.2:
                delays.append(delays[0] + self._chance.choice((0.0, 0.1, 3 * HORIZON_S)))
            for delay in delays:
                self._put(told, now + delay)

    def _put(self, told: Tell, due: float) -> None:
        self._count += 1
        heapq.heappush(self._due, (due, self._count, told))

    def _send_due(self, now: float) -> None:
        while self._due and self._due[0][0] <= now:
            some: list[Tell] = []
            while self._due and self._due[0][0] <= now and len(some) < 5:
                some.append(heapq.heappop(self._due)[2])
            self._tell(some)

    def _tell(self, some: list[Tell]) -> None:
        for told in some:
            told.sent += 1
        answer = self._call("/v1/events", {"events": [self._message(told) for told in some]}, 202)
        if answer is None:
            for told in some:  # a shop sends again what it is not sure of, most of the time
                if told.sent < 20 and self._chance.random() < 0.9:
                    self._put(told, time.monotonic() + 0.1 * told.sent)
            return
        now = time.monotonic()
        if answer["rejected"] or answer["accepted"] + answer["duplicates"] != len(some):
            self._ledger.contradictions.append(f"{[told.id for told in some]} were answered with {answer}")
        for told in some:
            told.accepted_at = min(told.accepted_at, now)

    def _message(self, told: Tell) -> Json:
        ask = self._ledger.asks[told.ask]
        message: Json = {"id": told.id, "type": told.kind, "slot": told.slot, "decision_id": ask.signed}
        if told.value:
            message["value"] = {"value": told.value, "currency": "EUR"}
        return message

    def _call(self, path: str, body: Json, wanted: int) -> Json | None:
        """The answer; None where none came, or one that took nothing in."""
        try:
            status, answer = self._service.call("POST", path, body)
        except (urllib3.exceptions.HTTPError, ValueError):
            self._ledger.count_cut()
            time.sleep(0.02)
            return None
        if status in (429, 503):
            self._ledger.count_refused()
            time.sleep(0.05)
            return None
        if status != wanted:
            self._ledger.contradictions.append(f"{path} answered {status} {answer} to {body}")
            return None
        return answer
