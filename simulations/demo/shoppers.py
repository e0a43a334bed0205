"""Shoppers over HTTP: they ask for an ad at a steady rate, look, and click later, as their world has it.

The rate is open-loop: a slow answer delays nobody but its own shopper, so a service that stalls is asked as
often as one that does not.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Self

import msgspec
import urllib3

from simulations.demo.living import Opinion, shopping
from simulations.demo.mailbox import Letter, Mailbox, deed, event
from simulations.demo.sent import Activities, Ledger, Shown
from simulations.environments.base import Environment, Json, Round

ASKING = 16  # threads: at 150 a second each has 100 ms for a request
SENDING = 2  # threads: events are sent many at once
TELLING = 1  # thread: what shoppers do besides, likewise

_TIMEOUT = urllib3.Timeout(connect=1.0, read=3.0)
_POLL_S = 0.02


class Shoppers:
    """Traffic of one environment against one service, from `start` until the block ends.

    base_url  as `http://127.0.0.1:8080`
    rate      requests a second
    clock     seconds, monotonic
    first     round of the first request
    """

    def __init__(
        self, world: Environment, base_url: str, *, rate: float, clock: Callable[[], float], first: int = 0
    ) -> None:
        self._world = world
        self._rate = rate
        self._clock = clock
        self._first = first
        self._pool = urllib3.connection_from_url(base_url, maxsize=ASKING + SENDING + TELLING)
        self._stop = threading.Event()
        self._asking: list[Future[None]] = []
        self._sending: list[Future[None]] = []
        self.ledger = Ledger()
        self.mailbox = Mailbox(self._pool, self.ledger, clock)
        self.life = shopping(world)
        self.activities = Activities()
        self._told = Mailbox(self._pool, self.activities, clock, path="/v1/activity", field="activities")

    def __enter__(self) -> Self:
        self._threads = ThreadPoolExecutor(ASKING + SENDING + TELLING, thread_name_prefix="shopper")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self.mailbox.close()
        self._told.close()
        self._threads.shutdown()
        self._pool.close()

    def start(self, rounds: int) -> None:
        """Begin with `rounds` requests, spread evenly."""
        turns = itertools.count()  # `next` of it is atomic
        begun = self._clock()
        self._asking = [self._threads.submit(self._shop, turns, rounds, begun) for _ in range(ASKING)]
        self._sending = [self._threads.submit(self.mailbox.work) for _ in range(SENDING)]
        self._sending += [self._threads.submit(self._told.work) for _ in range(TELLING)]

    @property
    def shopping(self) -> bool:
        """Whether requests are still to be made. Raises what ended a thread that should have gone on."""
        for thread in self._asking + self._sending:
            if thread.done():
                thread.result()
        return not all(thread.done() for thread in self._asking)

    def deliver(self, within_s: float) -> int:
        """Wait until every event is acknowledged, at most `within_s`; how many are not."""
        give_up_at = self._clock() + within_s
        while self.shopping or (self._waiting and self._clock() < give_up_at):
            self._stop.wait(_POLL_S)
        return self._waiting

    @property
    def _waiting(self) -> int:
        return self.mailbox.waiting + self._told.waiting

    def _shop(self, turns: itertools.count[int], rounds: int, begun: float) -> None:
        while (turn := next(turns)) < rounds and not self._stop.is_set():
            visit = self._world.round(self._first + turn)
            due = begun + turn / self._rate
            ahead_s = due - self._clock()
            if ahead_s > 0 and self._stop.wait(ahead_s):
                return
            # Where all threads were held up, the shopper has been waiting since her time came.
            self._visit(visit, asked=self._clock() if ahead_s > 0 else due)

    def _visit(self, visit: Round, asked: float) -> None:
        answer = self._ask(visit.request)
        if answer is None:
            return
        now = self._clock()
        chosen, best, even = 0.0, visit.oracle, visit.uniform
        for ad in answer["ads"]:
            found = self.life.opinion(visit, ad)
            self._look(found, answer, ad, now)
            _, chosen, best, even = found
        for i, message in enumerate(self.life.deeds(visit)):
            self._told.post(Letter(message["user"]["key"], deed(answer["decision_id"], i, message)), now)
        self.ledger.answered(Shown(visit.t, answer["arm"], now - asked, chosen, oracle=best, uniform=even))

    def _ask(self, request: Json) -> Json | None:
        """The answer to a request; None if there was none, as a web page would go on without an ad."""
        headers = {"Content-Type": "application/json"}
        body = msgspec.json.encode(request)
        try:
            answer = self._pool.urlopen(
                "POST", "/v1/decisions", body=body, headers=headers, timeout=_TIMEOUT, retries=False
            )
        except urllib3.exceptions.HTTPError as fault:
            self.ledger.not_answered(type(fault).__name__)
            return None
        if answer.status != 200:
            self.ledger.not_answered(str(answer.status))
            return None
        found: Json = answer.json()
        return found

    def _look(self, opinion: Opinion, answer: Json, ad: Json, now: float) -> None:
        """Post what follows from one ad."""
        verdict = opinion.verdict

        def post(kind: str, at: float, value_eur: float | None = None) -> None:
            message = event(answer["decision_id"], ad["slot"], kind, value_eur)
            self.mailbox.post(Letter(answer["arm"], message), at)

        post("impression", now)
        if verdict.click:
            post("click", now + verdict.delay_s)
        if verdict.purchase_value is not None:
            post("purchase", now + verdict.delay_s + verdict.purchase_delay_s, verdict.purchase_value)
