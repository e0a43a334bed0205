"""Keeps the books of all logs: one bookkeeper at work, whoever holds the lease, and the others stand by.

What happened to ads is taken in before names are joined: a user's state says how far each log is in it, and of two
users that become one, both must have got as far.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import structlog

from bandit.catalog import Catalog
from bandit.join import seconds
from bandit.profiles.activity import LOG
from service import metrics
from service.books.activity_book import ActivityBook
from service.books.policy_book import PolicyBook
from service.books.states import Contended, States
from service.budgets.publishing import Publisher
from service.catalogs import Catalogs
from service.learner.learning import Overtaken
from service.learner.leasing import Lease, follows
from service.learner.reading import LogLost
from service.store.books import Books
from service.store.budgets import Budgets
from service.store.commands import LogEntry, Store, StoreAway

LEASE = "~books"  # stands for a policy's name where its lease is meant
ROUND_S = 0.1  # between rounds that leave nothing: each write may have a server sync its file
LONGEST_PAUSE_S = 30.0  # before books that keep failing are tried again

log = structlog.get_logger(__name__)


class Terms(NamedTuple):
    """How the books are kept."""

    archive: Path
    archive_s: float  # between archive files
    keep_days: int  # from a user's last entry to the end of the state
    keep_log: bool = False


class Bookkeeper:
    """All logs of an installation."""

    def __init__(
        self,
        store: Store,
        catalogs: Catalogs,
        terms: Terms,
        clock: Callable[[], float],
        elapsed: Callable[[], float],
        holder: str,
        states: States | None = None,
    ) -> None:
        """
        clock    seconds since 1970
        elapsed  seconds that never step
        holder   names this process and no other, ever
        """
        self._store = store
        self._catalogs = catalogs
        self._terms = terms
        self._clock = clock
        self._elapsed = elapsed
        self._lease = Lease(store, LEASE, holder, elapsed)
        self._states = states or States(Books(store), terms.keep_days)
        self._fence: str | None = None
        self._catalog = Catalog()
        self._policies: dict[str, PolicyBook] = {}
        self._activity: ActivityBook | None = None
        self._publisher: Publisher | None = None
        self._pauses: dict[str, tuple[float, float]] = {}  # log that failed -> how long it pauses, until when
        self._round_at = float("-inf")

    def look(self) -> None:
        """Begin where the lease is to be had, and leave everything where it is gone. Raises StoreAway."""
        fence = self._lease.fence()
        if fence is None or not self._fence or not follows(fence, self._fence):
            self._begin_again()
        self._fence = fence
        if fence is None:
            return
        self._catalog = self._catalogs.current()
        wanted = {policy.id for policy in self._catalog.policies}
        for policy in [*(self._policies.keys() - wanted)]:
            del self._policies[policy]
        for policy in wanted - self._policies.keys():
            if self._may(policy):
                with self._alone(policy):
                    self._policies[policy] = PolicyBook(
                        policy, self._store, self._catalogs, self._states, self._elapsed
                    )
        if self._activity is None and self._may(LOG):
            with self._alone(LOG):
                self._activity = ActivityBook(
                    self._store,
                    self._states,
                    self._terms.archive,
                    self._elapsed,
                    archive_s=self._terms.archive_s,
                    keep_log=self._terms.keep_log,
                )

    def round(self) -> bool:
        """Take in what is new in each log; whether any left entries unread. Raises StoreAway."""
        if self._fence is None or self._elapsed() < self._round_at:
            return False
        if self._lease.fence() != self._fence:  # looked at anew before anything is taken in
            return False
        more = self._activity_round() if self._activity and self._activity.joining else False
        if not more:
            for policy, book in list(self._policies.items()):
                with self._alone(policy):
                    self._count(policy, book.round())
                    more = book.more or more
                    self._publish(book)
            if all(book.caught_up for book in self._policies.values()):
                more = self._activity_round() or more
        self._round_at = self._elapsed() + (0.0 if more else ROUND_S)
        return more

    @property
    def at_work(self) -> bool:
        """Whether this one keeps the books, and no other."""
        return self._fence is not None

    def count(self) -> None:
        """Tell Prometheus whether this one is at work."""
        metrics.bookkeeping.set(self.at_work)

    def finish(self) -> None:
        """Commit what was taken in, where that is possible, and let another take over."""
        try:
            if self._fence is not None:
                for policy, book in list(self._policies.items()):
                    with self._alone(policy):
                        book.commit()
                if self._activity:
                    with self._alone(LOG):
                        self._activity.finish()
            self._lease.release()
        except StoreAway as fault:
            log.warning("books_left_open", reason=str(fault))

    def _activity_round(self) -> bool:
        with self._alone(LOG):
            if self._activity:
                self._count(LOG, self._activity.round())
                return self._activity.more or self._activity.joining
        return False

    def _publish(self, book: PolicyBook) -> None:
        if book.caught_up:
            if self._publisher is None:
                self._publisher = Publisher(Budgets(self._store), lambda: self._catalog)
            self._publisher.publish(book.policy, book.spending, book.until, self._clock())

    def _count(self, of: str, entries: list[LogEntry]) -> None:
        lag_s = self._clock() - seconds(entries[-1].position) if entries else 0.0
        metrics.books_lag.labels(of).set(max(0.0, lag_s))

    def _begin_again(self) -> None:
        self._policies.clear()
        self._activity = self._publisher = None

    def _may(self, of: str) -> bool:
        return self._elapsed() >= self._pauses.get(of, (0.0, 0.0))[1]

    def _drop(self, of: str) -> None:
        self._policies.pop(of, None)
        self._activity = None if of == LOG else self._activity

    @contextmanager
    def _alone(self, of: str) -> Iterator[None]:
        try:
            yield
        except (Overtaken, LogLost, Contended) as fault:  # what it holds is of no use any more
            log.warning("books_begin_again", log=of, reason=str(fault))
            self._drop(of)
        except StoreAway:
            self._drop(of)
            raise
        except Exception:  # a full disk passes, and what does not must not stop the other logs
            log.exception("books_failed", log=of)
            self._drop(of)
            pause_s = min(2 * self._pauses.get(of, (0.25, 0.0))[0], LONGEST_PAUSE_S)
            self._pauses[of] = pause_s, self._elapsed() + pause_s
