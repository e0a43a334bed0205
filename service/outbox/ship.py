"""The shipper: moves what this host accepted into the log, exactly once.

A round reads decisions first, then writes every event accepted up to the newest of them, then the decisions.
So wherever a decision or tick stands in the log, all events this host accepted before it stand before it too,
which is what lets the learner close a decision (bandit.join).

The position in an outbox is compared and written in one step with its rows. After any doubt (an error, a restart) it is
read back, so a batch that did arrive is not sent again. It is read back from time to time without any doubt: a replica
that took over may miss what its master had acknowledged, and what it misses is shipped again.
"""

from __future__ import annotations

import sqlite3
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import structlog

from bandit.codec import encode
from bandit.join import SETTLE_S
from bandit.profiles.activity import LOG as ACTIVITY
from bandit.records import Tick
from service.outbox.journal import Journal, held_bytes, journals
from service.outbox.shared import SHARED, Outbox, Row
from service.store.commands import Store, StoreAway

BATCH = 1_000  # rows sent at once
KEEP_S = 60.0  # how long shipped decisions stay on disk, should Redis forget its last moments
KEEP_SHARED_S = 900.0  # how long a repeated request or event id is recognised
CHECK_S = 5.0  # between looks whether the log still holds what was shipped; well below KEEP_S
KEEP_PRESSED_S = 10.0  # either, while the outbox holds more than half of what it may
LENGTH_S = 1.0  # between looks how long the logs are
LOOK_S = 0.2  # between looks for the outbox of a new worker
TICK_S = 0.25  # between ticks while nothing else moves the log on

Box = Journal | Outbox

log = structlog.get_logger(__name__)


class Shipper:
    """All outboxes of a host."""

    def __init__(
        self,
        folder: Path,
        store: Store,
        clock: Callable[[], float],
        elapsed: Callable[[], float],
        *,
        most_bytes: float = float("inf"),
        most_log: float = float("inf"),
    ) -> None:
        """
        clock       seconds since 1970, what workers stamp rows with
        elapsed     seconds that never step
        most_bytes  that all outboxes may hold together
        most_log    entries of a policy's log, beyond which nothing is shipped
        """
        self._most_log = most_log
        self._measure_at = 0.0  # when to see how long the logs are, by `elapsed`
        self._most_bytes = most_bytes
        self._marking = True  # whether the last position could be noted in its outbox
        self._pressed = False  # whether they hold half of it
        self._folder = folder
        self._store = store
        self._clock = clock
        self._elapsed = elapsed
        self._shared: Outbox | None = None
        self._journals: dict[str, Journal] = {}
        self._marks: dict[str, deque[tuple[float, int]]] = defaultdict(deque)  # outbox id -> (when, row) shipped
        self._look_at = 0.0  # when to look for new outboxes, by `elapsed`
        self._check_at = 0.0  # when to look whether all still is where it was shipped, by `elapsed`
        self._read: dict[str, int] = {}  # outbox id -> last row dealt with
        self._shipped: dict[tuple[str, str], int] = {}  # (policy, outbox id) -> last row in the log
        self._moved: dict[str, float] = {}  # policy -> last decision or tick, by `elapsed`
        self._newest: dict[str, tuple[float, float]] = {}  # policy -> newest row: accepted, and shipped by `elapsed`
        self._quiet: dict[str, float] = {}  # policy -> when no decision can be open any more, by `elapsed`

    def round(self, horizons_s: Mapping[str, float]) -> int:
        """Ship what is there; the number of rows shipped.

        horizons_s  policy -> horizon; each gets ticks until its last decision must be closed

        Raises StoreAway while Redis is away; the next round then goes on where this one stopped.
        """
        now, started = self._clock(), self._elapsed()
        try:
            self._check()
            self._measure([*horizons_s, ACTIVITY])
            count, drained = self._ship_all(horizons_s)
            if drained:
                self._tick(now, started, horizons_s)
        except StoreAway:
            self._shipped.clear()
            self._read.clear()
            raise
        return count

    def backlog(self) -> int:
        """Rows accepted and not yet shipped."""
        self._open_boxes()
        shared = self._shared.backlog() if self._shared else 0
        return shared + sum(journal.backlog() for journal in self._journals.values())

    def _ship_all(self, horizons_s: Mapping[str, float]) -> tuple[int, bool]:
        """Rows shipped, and whether that was all there was."""
        self._open_boxes()
        count, drained = 0, True
        for journal in self._journals.values():
            rows = journal.after(self._read.get(journal.id, 0), BATCH)
            drained = drained and len(rows) < BATCH
            if rows:
                count += self._drain(horizons_s, until=max(row.time for row in rows))
            count += self._ship(journal, rows, horizons_s)
        if drained:
            count += self._drain(horizons_s)
        return count, drained

    def _drain(self, horizons_s: Mapping[str, float], *, until: float = float("inf")) -> int:
        """Ship what the host's workers share, up to a time."""
        count, box = 0, self._shared
        while box and (rows := box.after(self._read.get(box.id, 0), BATCH, until)):
            count += self._ship(box, rows, horizons_s)
        return count

    def _ship(self, box: Box, rows: list[Row], horizons_s: Mapping[str, float]) -> int:
        if not rows:
            return 0
        by_policy: dict[str, list[Row]] = defaultdict(list)
        for row in rows:
            by_policy[row.policy].append(row)
        for policy, some in by_policy.items():
            position = self._position(policy, box.id)
            new = [(row.id, row.entry) for row in some if row.id > position]
            if new:
                self._store.ship(policy, box.id, new, after=position)
                self._shipped[policy, box.id] = new[-1][0]
            horizon_s = horizons_s.get(policy, 0.0)
            # Only of new ones: a restart reads old ones again, and among them may be some of a clock long corrected.
            timely = self._see(policy, max(row.time for row in some if row.id > position)) if new else True
            self._wake(policy, horizon_s, moved=timely and box is not self._shared)
        self._read[box.id] = rows[-1].id
        self._mark(box, rows[-1].id)
        return len(rows)

    def _mark(self, box: Box, row: int) -> None:
        """Have the outbox itself know, where it can: that the disk is full must not end the shipping.

        The log holds the position that counts.
        """
        try:
            box.mark_shipped(row, self._forgettable(box, row))
        except (OSError, sqlite3.Error) as fault:
            if self._marking:  # the first of many alike
                log.warning("shipped_not_marked", outbox=box.id, reason=str(fault))
            self._marking = False
        else:
            self._marking = True

    def _forgettable(self, box: Box, row: int) -> int:
        """Last row that was shipped long enough ago to be deleted; `row` is shipped now."""
        keep_s = KEEP_PRESSED_S if self._pressed else KEEP_SHARED_S if box is self._shared else KEEP_S
        marks = self._marks[box.id]
        if not marks or self._elapsed() - marks[-1][0] >= 1.0:
            marks.append((self._elapsed(), row))
        forget = 0
        while marks and self._elapsed() - marks[0][0] > keep_s:
            forget = marks.popleft()[1]
        return forget

    def _position(self, policy: str, outbox: str) -> int:
        if (policy, outbox) not in self._shipped:
            self._shipped[policy, outbox] = self._store.shipped(policy, outbox)
        return self._shipped[policy, outbox]

    def _check(self) -> None:
        """Raise StoreAway if a server has taken over that misses some of what was shipped.

        Shipping on would tell, too, but an outbox or a policy may be quiet for longer than its rows are kept.
        """
        if self._elapsed() < self._check_at:
            return
        self._check_at = self._elapsed() + CHECK_S
        for (policy, outbox), row in self._shipped.items():
            found = self._store.shipped(policy, outbox)
            if found != row:
                raise StoreAway(f"row {row} of outbox {outbox} was shipped to {policy!r}, where {found} is the last")

    def _wake(self, policy: str, horizon_s: float, *, moved: bool) -> None:
        self._quiet[policy] = self._elapsed() + 2 * horizon_s + 10.0
        if moved:
            self._moved[policy] = self._elapsed()

    def _see(self, policy: str, accepted: float) -> bool:
        """Note when a row was accepted that is shipped now; false if the clock stepped back before that."""
        now = self._elapsed()
        newest, when = self._newest.get(policy, (accepted, now))
        if accepted >= newest:
            self._newest[policy] = accepted, now
        return accepted > newest + (now - when) - TICK_S

    def _all_closed_by(self, policy: str, elapsed: float, horizon_s: float) -> float | None:
        """Accepted time by which every decision shipped can be closed; None if that is not said yet.

        Ticks say it once and besides `now`: after a clock stepped back, a decision accepted before that would else stay
        open, and all behind it, until the clock is there again. Once, for it goes for decisions of after the step, too.
        """
        newest, when = self._newest.get(policy, (0.0, elapsed))
        return newest + horizon_s + SETTLE_S if elapsed - when > horizon_s + SETTLE_S else None

    def _tick(self, now: float, started: float, horizons_s: Mapping[str, float]) -> None:
        """Say that all accepted before `now` is shipped, where no decision has said so lately."""
        elapsed = self._elapsed()
        for policy, horizon_s in horizons_s.items():
            if policy not in self._quiet:
                self._wake(policy, horizon_s, moved=False)
            if elapsed < self._quiet[policy] and elapsed - self._moved.get(policy, -TICK_S) >= TICK_S:
                closed = self._all_closed_by(policy, started, horizon_s)
                self._store.append(policy, encode(Tick(max(now, closed or now))))
                self._moved[policy] = elapsed
                if closed:
                    del self._newest[policy]

    def _measure(self, policies: Iterable[str]) -> None:
        """Raise StoreAway while a log is too long: its learner is dead or behind, and disk holds more than memory."""
        if self._elapsed() < self._measure_at:
            return
        for policy in policies:
            length = self._store.log_length(policy)
            if length >= self._most_log:
                raise StoreAway(f"the log of {policy!r} waits for its reader with {length} entries")
        self._measure_at = self._elapsed() + LENGTH_S

    def _press(self) -> None:
        """See how much is held, and while it is much, have what was shipped forgotten even if nothing new comes."""
        held = held_bytes(self._folder) + (self._shared.held_bytes() if self._shared else 0)
        self._pressed = held >= self._most_bytes / 2
        if self._pressed:
            boxes: list[Box] = [*self._journals.values(), *([self._shared] if self._shared else [])]
            for box in boxes:
                if row := self._read.get(box.id):
                    self._mark(box, row)

    def _open_boxes(self) -> None:
        """Find outboxes of workers started meanwhile."""
        if self._elapsed() < self._look_at:
            return
        self._look_at = self._elapsed() + LOOK_S
        try:
            self._press()
            if self._shared is None and (self._folder / SHARED).exists():
                self._shared = Outbox(self._folder / SHARED)
            for folder in journals(self._folder):
                if folder.name not in self._journals:
                    self._journals[folder.name] = Journal(folder)
        except (OSError, sqlite3.Error) as fault:  # a full disk; the next look may do
            log.warning("outbox_not_opened", reason=str(fault))
