"""The shipper: moves what this host accepted into the log, exactly once.

A round reads decisions first, then writes every event accepted up to the newest of them, then the decisions.
So wherever a decision or tick stands in the log, all events this host accepted before it stand before it too,
which is what lets the learner close a decision (bandit.join).

The position in an outbox is compared and written in one step with its rows. After any doubt (an error, a restart) it is
read back, so a batch that did arrive is not sent again.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Mapping
from pathlib import Path

import structlog

from bandit.codec import encode
from bandit.records import Tick
from service.journal import Journal, journals
from service.outbox import SHARED, Outbox, Row
from service.store import Store, StoreAway

BATCH = 1_000  # rows sent at once
KEEP_S = 60.0  # how long shipped decisions stay on disk, should Redis forget its last moments
KEEP_SHARED_S = 900.0  # how long a repeated request or event id is recognised
LOOK_S = 0.2  # between looks for the outbox of a new worker
TICK_S = 0.25  # between ticks while nothing else moves the log on

Box = Journal | Outbox

log = structlog.get_logger(__name__)


class Shipper:
    """All outboxes of a host."""

    def __init__(self, folder: Path, store: Store, clock: Callable[[], float], elapsed: Callable[[], float]) -> None:
        """
        clock    seconds since 1970, what workers stamp rows with
        elapsed  seconds that never step
        """
        self._folder = folder
        self._store = store
        self._clock = clock
        self._elapsed = elapsed
        self._shared: Outbox | None = None
        self._journals: dict[str, Journal] = {}
        self._marks: dict[str, deque[tuple[float, int]]] = defaultdict(deque)  # outbox id -> (when, row) shipped
        self._look_at = 0.0  # when to look for new outboxes, by `elapsed`
        self._read: dict[str, int] = {}  # outbox id -> last row dealt with
        self._shipped: dict[tuple[str, str], int] = {}  # (policy, outbox id) -> last row in the log
        self._moved: dict[str, float] = {}  # policy -> last decision or tick, by `elapsed`
        self._quiet: dict[str, float] = {}  # policy -> when no decision can be open any more, by `elapsed`

    def round(self, horizons_s: Mapping[str, float]) -> int:
        """Ship what is there; the number of rows shipped.

        horizons_s  policy -> horizon; each gets ticks until its last decision must be closed

        Raises StoreAway while Redis is away; the next round then goes on where this one stopped.
        """
        now = self._clock()
        try:
            count, drained = self._ship_all(horizons_s)
            if drained:
                self._tick(now, horizons_s)
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
            self._wake(policy, horizons_s.get(policy, 0.0), moved=box is not self._shared)
        self._read[box.id] = rows[-1].id
        box.mark_shipped(rows[-1].id, self._forgettable(box, rows[-1].id))
        return len(rows)

    def _forgettable(self, box: Box, row: int) -> int:
        """Last row that was shipped long enough ago to be deleted; `row` is shipped now."""
        keep_s = KEEP_SHARED_S if box is self._shared else KEEP_S
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

    def _wake(self, policy: str, horizon_s: float, *, moved: bool) -> None:
        self._quiet[policy] = self._elapsed() + 2 * horizon_s + 10.0
        if moved:
            self._moved[policy] = self._elapsed()

    def _tick(self, now: float, horizons_s: Mapping[str, float]) -> None:
        """Say that all accepted before `now` is shipped, where no decision has said so lately."""
        elapsed = self._elapsed()
        for policy, horizon_s in horizons_s.items():
            if policy not in self._quiet:
                self._wake(policy, horizon_s, moved=False)
            if elapsed < self._quiet[policy] and elapsed - self._moved.get(policy, -TICK_S) >= TICK_S:
                self._store.append(policy, encode(Tick(now)))
                self._moved[policy] = elapsed

    def _open_boxes(self) -> None:
        """Find outboxes of workers started meanwhile."""
        if self._elapsed() < self._look_at:
            return
        self._look_at = self._elapsed() + LOOK_S
        if self._shared is None and (self._folder / SHARED).exists():
            self._shared = Outbox(self._folder / SHARED)
        for folder in journals(self._folder):
            if folder.name not in self._journals:
                self._journals[folder.name] = Journal(folder)
