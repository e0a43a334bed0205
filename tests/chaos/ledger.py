"""What was asked of a service, what it was told, and what it said to that: all an oracle needs to judge it by."""

from __future__ import annotations

import threading
from base64 import urlsafe_b64decode
from dataclasses import dataclass, field
from itertools import pairwise

from tests.running import Json


@dataclass(slots=True)
class Ask:
    """A request for ads; its name stands in the context, so it is found again in the archive."""

    name: str
    policy: str
    sent_at: float  # seconds that never step
    signed: str = ""  # the decision's id as it was answered; empty while no answer came
    decision: str = ""  # the same as 32 hex digits
    slots: int = 0
    answered_at: float = float("inf")


@dataclass(slots=True)
class Tell:
    """An event; sent once or more often."""

    id: str
    ask: str
    slot: int
    kind: str
    value: float
    sent: int = 0  # times
    accepted_at: float = float("inf")  # when an answer first said that it is in; seconds that never step


@dataclass
class Ledger:
    """Each name and id is written by one thread only."""

    asks: dict[str, Ask] = field(default_factory=dict)
    tells: dict[str, Tell] = field(default_factory=dict)
    contradictions: list[str] = field(default_factory=list)  # answers that cannot be
    answers_at: list[float] = field(default_factory=list)  # of decisions, seconds that never step
    cut: int = 0  # requests whose connection died
    refused: int = 0  # answers that took nothing in: 429, 503
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def answered(self, ask: Ask, answer: Json, now: float) -> None:
        """Note a decision; the same request must always get the same."""
        signed = answer["decision_id"]
        if ask.signed and ask.signed != signed:
            self.contradictions.append(f"request {ask.name} was answered with {ask.signed} and with {signed}")
        if not ask.signed:
            ask.signed, ask.decision = signed, raw_id(signed)
            ask.slots, ask.answered_at = len(answer["ads"]), now
        with self._lock:
            self.answers_at.append(now)

    def count_cut(self) -> None:
        with self._lock:
            self.cut += 1

    def count_refused(self) -> None:
        with self._lock:
            self.refused += 1

    def accepted(self, policy: str) -> int:
        """Decisions of a policy that were answered, so far."""
        return sum(bool(ask.decision) for ask in list(self.asks.values()) if ask.policy == policy)

    def longest_silence_s(self, since: float, until: float) -> float:
        """Longest time between two answers, to whomever."""
        times = [since, *sorted(at for at in self.answers_at if since <= at <= until), until]
        return max(later - earlier for earlier, later in pairwise(times))


def raw_id(signed: str) -> str:
    """The 32 hex digits that a signed decision id stands for in log and archive."""
    body = signed.split(".")[-2]
    return urlsafe_b64decode(body + "=" * (-len(body) % 4))[:16].hex()
