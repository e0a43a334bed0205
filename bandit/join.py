"""The fold over the log: decisions wait for their events, then become outcomes.

`Join` is a pure function of the entries it was given, in their order. A decision is closed by a later
decision or tick, never by an event, once

    the log has moved on:  position of the closing entry > position of the decision + horizon, and
    all was shipped:       its accepted time, or that of an entry between them >= the decision's + horizon + SETTLE_S

The shipper writes every event a host accepted before it writes a decision or tick with a later time, so the
second line means that no event of the horizon is still under way, even after an hour without Redis. What stands before
the decision says nothing of it: it may have been accepted by a clock that has stepped back since. Should clocks step
back, the second line alone could wait long; GRACE_S bounds it. Decisions close in log order.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Callable, Iterator
from itertools import islice

from bandit.config import Policy
from bandit.records import Decision, Event, Outcome, Tick
from bandit.rewards import reward

SETTLE_S = 0.2  # workers of a host take the time and write in slightly different order
GRACE_S = 600.0  # longest that a clock gone wrong may hold a decision open
EARLY_S = 600.0  # how long an event waits for its decision to be shipped
CLOSED = 50_000  # decisions closed lately that are known by id; later events of older ones wait EARLY_S in vain
MOST_EVENTS = 1_000  # that are counted for one decision, or wait for it; nobody clicks so often


def seconds(position: str) -> float:
    """Time in a log position `<milliseconds>-<sequence>`, seconds since 1970.

    >>> seconds("1500-3")
    1.5
    """
    return int(position.partition("-")[0]) / 1000.0


def order(position: str) -> tuple[int, int]:
    """A log position as something that sorts.

    >>> order("20-0") > order("9-5")
    True
    """
    ms, _, sequence = position.partition("-")
    return int(ms), int(sequence)


class _Open:
    """A decision that waits, with the events heard so far."""

    __slots__ = ("decision", "events", "logged_s", "number", "policy", "position")

    def __init__(self, number: int, position: str, decision: Decision, policy: Policy) -> None:
        self.number = number  # of closing entries before it
        self.position = position
        self.logged_s = seconds(position)
        self.decision = decision
        self.policy = policy
        self.events: dict[str, Event] = {}

    def hear(self, event: Event) -> bool:
        """Count the event if it is new and within the horizon; says whether it is a duplicate."""
        if event.id in self.events:
            return True
        in_time = event.slot < len(self.decision.rounds) and event.time <= self.decision.time + self.policy.horizon_s
        if in_time and len(self.events) < MOST_EVENTS:
            self.events[event.id] = event
        return False

    def outcome(self) -> Outcome:
        heard, slots = tuple(self.events.values()), range(len(self.decision.rounds))
        if heard:
            rewards = [reward(self.policy.reward, [event for event in heard if event.slot == slot]) for slot in slots]
        else:
            rewards = [reward(self.policy.reward, ())] * len(slots)
        return Outcome(self.position, self.decision, heard, tuple(rewards))


class Join:
    """Decisions that are still open, and events that came before their decision."""

    def __init__(self, policy_at: Callable[[int], Policy]) -> None:
        """
        policy_at  catalog version -> the policy as it was then
        """
        self._policy_at = policy_at
        self._open: OrderedDict[bytes, _Open] = OrderedDict()
        self._early: OrderedDict[bytes, list[tuple[str, Event]]] = OrderedDict()
        self._prior: dict[bytes, str] = {}  # open decision -> its first event, where that stands before it
        self._closed: OrderedDict[bytes, None] = OrderedDict()
        self._count = 0  # closing entries
        self._times: deque[tuple[int, float]] = deque()  # (number, accepted) of those that no later one is after
        self.duplicates = 0  # entries whose id stood in the log before

    @property
    def open(self) -> int:
        """Decisions that wait for their horizon."""
        return len(self._open)

    def collect(self, position: str, entry: Decision | Event | Tick) -> None:
        """Take an entry in without closing anything."""
        if isinstance(entry, Event):
            self._event(position, entry)
            return
        if isinstance(entry, Decision):
            self._decision(position, entry)
        self._note(entry.time)
        self._forget_early(position)

    def fold(self, position: str, entry: Decision | Event | Tick) -> list[Outcome]:
        """Take the next entry in; the outcomes it closes, in log order."""
        self.collect(position, entry)
        if isinstance(entry, Event):
            return []
        return list(self._close(seconds(position)))

    def pass_over(self, decision: bytes) -> None:
        """Know a decision that was closed before this state began: its events are not to wait for it."""
        self._closed[decision] = None
        if len(self._closed) > CLOSED:
            self._closed.popitem(last=False)

    def needed_from(self) -> str | None:
        """Earliest position that must stay in the log to build this state again; None if nothing waits."""
        waiting = [opened.position for opened in islice(self._open.values(), 1)]
        waiting += [*self._prior.values(), *(events[0][0] for events in self._early.values())]
        return min(waiting, key=order, default=None)

    def _decision(self, position: str, decision: Decision) -> None:
        if decision.id in self._open:
            self.duplicates += 1
            return
        opened = _Open(self._count, position, decision, self._policy_at(decision.catalog_version))
        early = self._early.pop(decision.id, [])
        if early:
            self._prior[decision.id] = early[0][0]
        for _, event in early:
            self.duplicates += opened.hear(event)
        self._open[decision.id] = opened

    def _event(self, position: str, event: Event) -> None:
        opened = self._open.get(event.decision)
        if opened is None:
            if event.decision in self._closed:
                return
            early = self._early.setdefault(event.decision, [])
            if len(early) < MOST_EVENTS:
                early.append((position, event))
        else:
            self.duplicates += opened.hear(event)

    def _note(self, time: float) -> None:
        """Keep the times from which the largest since any open decision can be told."""
        while self._times and self._times[-1][1] <= time:
            self._times.pop()
        self._times.append((self._count, time))
        self._count += 1

    def _forget_early(self, position: str) -> None:
        while self._early:
            decision, events = next(iter(self._early.items()))
            if seconds(events[0][0]) + EARLY_S > seconds(position):
                return
            del self._early[decision]

    def _close(self, log_s: float) -> Iterator[Outcome]:
        while self._open:
            head = next(iter(self._open.values()))
            horizon_s = head.policy.horizon_s
            while self._times[0][0] < head.number:
                self._times.popleft()
            log_age_s = log_s - head.logged_s - horizon_s
            shipped = self._times[0][1] >= head.decision.time + horizon_s + SETTLE_S
            if log_age_s <= 0 or not (shipped or log_age_s > GRACE_S):
                return
            self._open.popitem(last=False)
            self._prior.pop(head.decision.id, None)
            self.pass_over(head.decision.id)
            yield head.outcome()
