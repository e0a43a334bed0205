"""Messages on their way: each is sent when it is due, and again until the service acknowledges it."""

from __future__ import annotations

import hashlib
import heapq
import threading
from collections.abc import Callable
from typing import NamedTuple, Protocol

import msgspec
import urllib3

from simulations.environments.base import Json

MOST_AT_ONCE = 100  # messages a call; the contract allows 500
RETRY_S = 0.2  # before an event that was not acknowledged is sent again

_TIMEOUT = urllib3.Timeout(connect=1.0, read=3.0)


class Letter(NamedTuple):
    """One message, and whom it is counted for: the arm of an event's decision, the shopper of what she did."""

    of: str
    message: Json


def event(decision_id: str, slot: int, kind: str, value_eur: float | None = None) -> Json:
    """One event of a decision.

    The id follows from decision, slot and type: it is the same whenever the event is sent, and no other's.
    """
    digest = hashlib.sha256(f"{decision_id}/{slot}/{kind}".encode()).hexdigest()
    message: Json = {"id": digest[:32], "type": kind, "decision_id": decision_id, "slot": slot}
    if value_eur is not None:
        message["value"] = {"value": value_eur, "currency": "EUR"}
    return message


def deed(decision_id: str, number: int, message: Json) -> Json:
    """Something a shopper did after a decision, with an id that no other has."""
    digest = hashlib.sha256(f"{decision_id}~{number}".encode()).hexdigest()
    return {"id": digest[:32], **message}


class Counting(Protocol):
    """Hears what became of the letters."""

    def took(self, of: str, kind: str) -> None:
        """One was acknowledged."""

    def would_not_take(self, events: int, fault: str) -> None:
        """Some were refused for good."""

    def must_retry(self, events: int, fault: str) -> None:
        """Some were not acknowledged, and are sent again."""


class Mailbox:
    """Messages waiting to be sent; `work` is run by as many threads as should send."""

    def __init__(
        self,
        pool: urllib3.HTTPConnectionPool,
        ledger: Counting,
        clock: Callable[[], float],
        *,
        path: str = "/v1/events",
        field: str = "events",
    ) -> None:
        """
        clock  seconds, monotonic
        path   to send to
        field  of a body, that holds the messages
        """
        self._path = path
        self._field = field
        self._pool = pool
        self._ledger = ledger
        self._clock = clock
        self._changed = threading.Condition()  # its lock can be taken again by the thread that has it
        self._due: list[tuple[float, int, Letter]] = []  # heap: (when, order of posting, letter)
        self._posted = 0
        self._in_flight = 0
        self._closed = False

    @property
    def waiting(self) -> int:
        """Messages not acknowledged yet, those in flight included."""
        with self._changed:
            return len(self._due) + self._in_flight

    def post(self, letter: Letter, at: float) -> None:
        """Send a message at `at` on the clock, or as soon after as can be."""
        with self._changed:
            self._posted += 1
            heapq.heappush(self._due, (at, self._posted, letter))
            self._changed.notify()

    def work(self) -> None:
        """Send what is due until the mailbox is closed."""
        while letters := self._take():
            again = self._send(letters)
            with self._changed:
                for letter in again:
                    self.post(letter, self._clock() + RETRY_S)
                self._in_flight -= len(letters)

    def close(self) -> None:
        """Let `work` end after the call it is in. What waits is not sent."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def _take(self) -> list[Letter]:
        """Letters that are due, as soon as there are any; none once closed."""
        with self._changed:
            while not self._closed:
                now = self._clock()
                letters: list[Letter] = []
                while self._due and self._due[0][0] <= now and len(letters) < MOST_AT_ONCE:
                    letters.append(heapq.heappop(self._due)[2])
                if letters:
                    self._in_flight += len(letters)
                    return letters
                self._changed.wait(self._due[0][0] - now if self._due else None)
            return []

    def _send(self, letters: list[Letter]) -> list[Letter]:
        """Send once; what must be sent again."""
        body = msgspec.json.encode({self._field: [letter.message for letter in letters]})
        headers = {"Content-Type": "application/json"}
        try:
            answer = self._pool.urlopen("POST", self._path, body=body, headers=headers, timeout=_TIMEOUT, retries=False)
        except urllib3.exceptions.HTTPError as fault:
            self._ledger.must_retry(len(letters), type(fault).__name__)
            return letters
        if answer.status == 202:
            self._settle(letters, {fault["index"] for fault in answer.json()["rejected"]})
            return []
        if 400 <= answer.status < 500 and answer.status != 429:
            self._ledger.would_not_take(len(letters), str(answer.status))
            return []
        self._ledger.must_retry(len(letters), str(answer.status))
        return letters

    def _settle(self, letters: list[Letter], rejected: set[int]) -> None:
        for index, letter in enumerate(letters):
            if index not in rejected:
                self._ledger.took(letter.of, letter.message["type"])
        if rejected:
            self._ledger.would_not_take(len(rejected), "rejected")
