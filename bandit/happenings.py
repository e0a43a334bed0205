"""What happened to each ad, told the moment it stands in the log: what budgets are spent by and caps are counted by.

`Happenings` is a pure function of the entries it was given, in their order. It names the ad that an event is of, and
tells each thing once: the first impression of an ad (a viewable one counts as one), its first viewable impression,
click and dismissal, and every purchase and reward by its id. An event that comes before its decision waits for it. A
decision is remembered for REMEMBERED_S, so that a late event still counts, at least until its horizon has passed.

Everything told bears the position of the entry that made it known. Who keeps what has come of it with the last position
taken in, and passes over what is not behind that, has taken in everything exactly once, however often the log is read.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Callable, Iterator
from typing import Literal, NamedTuple

from bandit.errors import Damaged
from bandit.join import EARLY_S, GRACE_S, MOST_EVENTS, SETTLE_S, order, seconds
from bandit.records import Decision, Entry, Event
from bandit.shelf import Shelf

HappenedKind = Literal[
    "decided", "impression", "viewable", "click", "dismiss", "purchase", "reward", "expired"
]  # expired: the horizon has passed, told once of every ad, whatever happened to it
REMEMBERED_S = 3600.0  # by the log's own time; longer where the horizon is
MOST_LATE = 200_000  # decisions whose horizon has passed that are remembered
ONCE = {"impression": 0, "viewable": 1, "click": 2, "dismiss": 3}  # what counts once an ad, each with its bit


class Happened(NamedTuple):
    """One thing that happened to one ad."""

    position: str  # of the log entry that made it known; one entry may make several things known
    time: float  # when that was accepted, seconds since 1970; of `expired`: when the horizon ended
    kind: HappenedKind
    decision: bytes  # 16 bytes
    slot: int
    user: bytes  # pseudonym, 16 bytes; empty where nobody is named
    template: str
    campaign: str | None
    placement: str
    value: float  # money of a purchase, reward units of a reward, else 0
    decided: float  # when the decision was made, seconds since 1970
    version: int  # of the catalog that it was made with


class _Ad(NamedTuple):
    template: str
    campaign: str | None
    placement: str


class _Known:
    """A decision that is remembered."""

    __slots__ = ("ads", "decided", "horizon_s", "ids", "logged_s", "number", "position", "told", "user", "version")

    def __init__(self, number: int, position: str, decision: Decision, ads: tuple[_Ad, ...], horizon_s: float) -> None:
        self.number = number  # of closing entries before it
        self.position = position
        self.logged_s = seconds(position)
        self.decided = decision.time
        self.user = decision.user if decision.consent else b""
        self.version = decision.catalog_version
        self.ads = ads
        self.horizon_s = horizon_s
        self.told = 0  # four bits a slot, see ONCE
        self.ids: set[str] | None = None  # of events heard


class Happenings:
    """The decisions of one policy that may still be heard of."""

    def __init__(self, shelf_at: Callable[[int], Shelf], known_from: str = "0-0") -> None:
        """
        shelf_at    catalog version -> the policy's shelf as it was then; raises Damaged if that is not to be had
        known_from  decisions before this position are known no more
        """
        self._shelf_at = shelf_at
        self._known_from = order(known_from)
        self._known: OrderedDict[bytes, _Known] = OrderedDict()  # in log order; those that expired come first
        self._open: deque[bytes] = deque()  # those that have not
        self._early: OrderedDict[bytes, list[tuple[str, Event]]] = OrderedDict()
        self._prior: dict[bytes, str] = {}  # known decision -> its first event, where that stands before it
        self._count = 0  # closing entries
        self._times: deque[tuple[int, float]] = deque()  # (number, accepted) of those that no later one is after
        self._ads: dict[_Ad, _Ad] = {}  # each kept once

    @property
    def open(self) -> int:
        """Decisions whose horizon has not passed."""
        return len(self._open)

    def fold(self, position: str, entry: Entry) -> list[Happened]:
        """Take in the next entry; what it makes known.

        Raises Damaged for a decision whose catalog is not there or does not hold its candidates; nothing came of it.
        """
        if isinstance(entry, Event):
            return self._event(position, entry)
        found = self._decision(position, entry) if isinstance(entry, Decision) else []
        self._note(entry.time)
        log_s = seconds(position)
        found += self._expired(position, log_s)
        self._forget(log_s)
        return found

    def known_from(self, read: str) -> str:
        """Position of the first decision that is known; `read`, the last entry taken in, where there is none."""
        return next((known.position for known in self._known.values()), read)

    def needed_from(self, read: str) -> str:
        """The log from here on builds this state again; `read`, the last entry taken in, where nothing is kept."""
        waiting = [self.known_from(read), *self._prior.values(), *(events[0][0] for events in self._early.values())]
        return min(waiting, key=order)

    def _decision(self, position: str, decision: Decision) -> list[Happened]:
        if decision.id in self._known or order(position) < self._known_from:
            return []
        horizon_s, ads = self._shelf_at(decision.catalog_version).policy.horizon_s, self._ads_of(decision)
        known = _Known(self._count, position, decision, ads, horizon_s)
        self._known[decision.id] = known
        self._open.append(decision.id)
        found = [_of(known, decision.id, slot, position, known.decided, "decided", 0.0) for slot in range(len(ads))]
        if early := self._early.pop(decision.id, None):
            self._prior[decision.id] = early[0][0]
            for _, event in early:
                found += self._heard(known, position, event)
        return found

    def _ads_of(self, decision: Decision) -> tuple[_Ad, ...]:
        """The ad of each slot. Raises Damaged."""
        shelf = None if decision.inline else self._shelf_at(decision.catalog_version)
        n = shelf.n if shelf else len(decision.inline)
        ads = []
        for drawn in decision.rounds:
            if len(drawn.probabilities) != 4 * drawn.k or not 0 <= drawn.chosen < drawn.k:
                raise Damaged(f"candidate {drawn.chosen} of {drawn.k} was to be chosen")
            place = int(drawn.positions()[drawn.chosen])
            if place >= n:
                raise Damaged(f"candidate {place} was chosen out of {n}")
            if shelf is None:
                ad = _Ad(decision.inline[place].template, None, decision.inline[place].placement)
            else:
                template = shelf.templates[shelf.template[place]]
                ad = _Ad(template.id, template.campaign, shelf.placements[shelf.placement[place]].id)
            ads.append(self._ads.setdefault(ad, ad) if shelf else ad)
        return tuple(ads)

    def _event(self, position: str, event: Event) -> list[Happened]:
        known = self._known.get(event.decision)
        if known is not None:
            return self._heard(known, position, event)
        early = self._early.setdefault(event.decision, [])
        if len(early) < MOST_EVENTS:
            early.append((position, event))
        return []

    def _heard(self, known: _Known, position: str, event: Event) -> list[Happened]:
        if event.slot >= len(known.ads):
            return []
        known.ids = known.ids or set()
        if event.id in known.ids or len(known.ids) >= MOST_EVENTS:
            return []
        known.ids.add(event.id)
        kinds: list[HappenedKind] = ["impression", "viewable"] if event.type == "viewable" else [event.type]
        return [
            _of(known, event.decision, event.slot, position, event.time, kind, event.value)
            for kind in kinds
            if self._counts(known, event.slot, kind)
        ]

    def _counts(self, known: _Known, slot: int, kind: HappenedKind) -> bool:
        """Whether this is not the second of what counts once; it is counted then."""
        if kind not in ONCE:
            return True
        bit = 1 << (4 * slot + ONCE[kind])
        new = not known.told & bit
        known.told |= bit
        return new

    def _note(self, time: float) -> None:
        """Keep the times from which the largest since any open decision can be told, as bandit.join does."""
        while self._times and self._times[-1][1] <= time:
            self._times.pop()
        self._times.append((self._count, time))
        self._count += 1

    def _expired(self, position: str, log_s: float) -> Iterator[Happened]:
        while self._open:
            decision = self._open[0]
            head = self._known[decision]
            while self._times[0][0] < head.number:
                self._times.popleft()
            ended = head.decided + head.horizon_s
            log_age_s = log_s - head.logged_s - head.horizon_s
            if log_age_s <= 0 or not (self._times[0][1] >= ended + SETTLE_S or log_age_s > GRACE_S):
                return
            self._open.popleft()
            for slot in range(len(head.ads)):
                yield _of(head, decision, slot, position, ended, "expired", 0.0)

    def _forget(self, log_s: float) -> None:
        while len(self._known) > len(self._open):
            decision, oldest = next(iter(self._known.items()))
            many = len(self._known) - len(self._open) > MOST_LATE
            if not many and log_s - oldest.logged_s <= max(REMEMBERED_S, oldest.horizon_s):
                break
            del self._known[decision]
            self._prior.pop(decision, None)
        while self._early:
            decision, events = next(iter(self._early.items()))
            if seconds(events[0][0]) + EARLY_S > log_s:
                return
            del self._early[decision]


def _of(
    known: _Known, decision: bytes, slot: int, position: str, time: float, kind: HappenedKind, value: float
) -> Happened:
    ad = known.ads[slot]
    return Happened(position, time, kind, decision, slot, known.user, *ad, value, known.decided, known.version)
