"""What shoppers sent and what was acknowledged: their half of the books."""

from __future__ import annotations

import threading
from collections import Counter
from typing import NamedTuple

import numpy as np

from simulations.demo.reports import ARMS, Report

# Field of a report: the event it counts.
_KINDS = {"impressions": "impression", "clicks": "click", "conversions": "purchase"}


class Shown(NamedTuple):
    """One answered decision, with what is known of it and the service does not know."""

    t: int
    arm: str
    latency_s: float
    chosen: float  # click probability of what was shown; 0 for no ad
    oracle: float  # of the best candidate
    uniform: float  # of an even draw


class Books(NamedTuple):
    """How the service's report differs from what was acknowledged to shoppers."""

    lost: int  # decisions and events acknowledged, and missing from the report
    doubled: int  # in the report more often than they were sent
    late: int  # events acknowledged and kept, but past their horizon, so in no arm's sums


class Ledger:
    """Everything sent, for any number of threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.shown: list[Shown] = []
        self.acknowledged: dict[str, Counter[str]] = {arm: Counter() for arm in ARMS}  # by event type
        self.faults: Counter[str] = Counter()  # status or kind of failure -> calls, retried ones included
        self.unanswered = 0  # decisions without an answer of 200; the service may have recorded them
        self.refused = 0  # events the service would not take
        self.retried = 0  # sendings repeated for want of an acknowledgement

    def answered(self, shown: Shown) -> None:
        with self._lock:
            self.shown.append(shown)

    def not_answered(self, fault: str) -> None:
        with self._lock:
            self.unanswered += 1
            self.faults[fault] += 1

    def took(self, arm: str, kind: str) -> None:
        """An event was acknowledged."""
        with self._lock:
            self.acknowledged[arm][kind] += 1

    def would_not_take(self, events: int, fault: str) -> None:
        """Events were refused for good."""
        with self._lock:
            self.refused += events
            self.faults[fault] += 1

    def must_retry(self, events: int, fault: str) -> None:
        """Events were not acknowledged, and are sent again."""
        with self._lock:
            self.retried += events
            self.faults[fault] += 1

    @property
    def events(self) -> int:
        """Events acknowledged, each id once."""
        with self._lock:
            return sum(kinds.total() for kinds in self.acknowledged.values())

    def decisions(self, arm: str) -> int:
        """Decisions answered in one arm."""
        return sum(one.arm == arm for one in self._so_far())

    def latency_ms(self, quantile: float) -> float:
        """Quantile of the latency of decisions so far; NaN before the first."""
        latencies = [one.latency_s for one in self._so_far()]
        return float(np.quantile(latencies, quantile)) * 1000.0 if latencies else float("nan")

    def balance(self, before: Report, after: Report, waiting: int = 0) -> Books:
        """Hold the report against what was sent between two readings of it, the second with nothing open.

        waiting  events never acknowledged; like unanswered decisions they may have been recorded or not
        """

        def reported(arm: str, field: str) -> int:
            return int(getattr(after.arm(arm), field) - getattr(before.arm(arm), field))

        decisions = [self.decisions(arm) - reported(arm, "decisions") for arm in ARMS]
        events = [self.acknowledged[arm][kind] - reported(arm, field) for arm in ARMS for field, kind in _KINDS.items()]
        late = max(after.late_events - before.late_events, 0)
        return Books(
            lost=_missing(decisions) + max(_missing(events) - late, 0),
            doubled=max(_surplus(decisions) - self.unanswered, 0) + max(_surplus(events) - waiting, 0),
            late=late,
        )

    def share_of_gap(self, last: float = 1.0) -> float | None:
        """How far the learned arm came on the way from an even draw, 0, to the best candidate, 1.

        Of true click probabilities, so without the chance of clicks, over the `last` part of its decisions.
        None if there is no way to go.
        """
        learned = [one for one in self._so_far() if one.arm == "learned"]
        learned = learned[len(learned) - round(len(learned) * last) :]
        way = sum(one.oracle - one.uniform for one in learned)
        return sum(one.chosen - one.uniform for one in learned) / way if way > 0 else None

    def _so_far(self) -> list[Shown]:
        with self._lock:
            return self.shown.copy()


class Activities:
    """What shoppers did that the service was told of, for any number of threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._users: set[str] = set()
        self.taken = 0  # activities acknowledged
        self.refused = 0

    @property
    def users(self) -> int:
        """Shoppers of whom something is known."""
        return len(self._users)

    def took(self, of: str, kind: str) -> None:
        with self._lock:
            self.taken += 1
            self._users.add(of)

    def would_not_take(self, events: int, fault: str) -> None:
        with self._lock:
            self.refused += events

    def must_retry(self, events: int, fault: str) -> None:
        """They are sent again, and counted then."""


def _missing(gaps: list[int]) -> int:
    return sum(max(gap, 0) for gap in gaps)


def _surplus(gaps: list[int]) -> int:
    return sum(max(-gap, 0) for gap in gaps)
