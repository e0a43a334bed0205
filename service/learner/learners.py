"""The learners of all policies in one process; a policy that fails stops alone.

Each policy is learned by whoever holds its lease: the others stand by, and one of them takes over.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import structlog

from bandit.catalog import Catalog
from bandit.config import Policy
from bandit.errors import OtherLearning, SnapshotRefused
from service import metrics
from service.catalogs import Catalogs
from service.learner.learning import Overtaken, PolicyLearner, Rhythm
from service.learner.leasing import Lease, follows
from service.learner.reading import LogLost
from service.store.commands import Store, StoreAway

CATALOG_S = 0.5  # between looks for a new catalog
LONGEST_PAUSE_S = 30.0  # before a policy that keeps failing is tried again

log = structlog.get_logger(__name__)


class Learners:
    """One learner for each policy of the catalog in force."""

    def __init__(
        self, store: Store, catalogs: Catalogs, archive: Path, rhythm: Rhythm, elapsed: Callable[[], float], holder: str
    ) -> None:
        """
        holder  names this process and no other, ever
        """
        self._store = store
        self._catalogs = catalogs
        self._archive = archive
        self._rhythm = rhythm
        self._elapsed = elapsed
        self._holder = holder
        self._catalog = Catalog()
        self._catalog_at = float("-inf")
        self._leases: dict[str, Lease] = {}
        self._running: dict[str, PolicyLearner] = {}
        self._published: dict[str, int] = {}  # policy -> largest version this process gave out
        self._halted: set[str] = set()  # whose snapshot or model is refused; a restart tries again
        self._waiting: set[str] = set()  # for the catalog's `learning` and the model's to agree
        self._pauses: dict[str, tuple[float, float]] = {}  # policy that failed -> how long it pauses, until when

    def look(self) -> None:
        """Start learners where the lease is to be had, and drop those whose lease is gone. Raises StoreAway."""
        for policy in self._policies():
            if policy.id not in self._halted and self._elapsed() >= self._pauses.get(policy.id, (0.0, 0.0))[1]:
                with self._alone(policy.id):
                    self._look_at(policy)

    def round(self) -> bool:
        """One round of each; whether any left entries unread. Raises StoreAway."""
        more = False
        for policy, learner in list(self._running.items()):
            with self._alone(policy):
                if self._leases[policy].fence() is None:
                    raise Overtaken("its lease ran out, and another has it")
                learner.round()
                self._forgive(policy)
                more = learner.more or more
        return more

    def count(self) -> None:
        """Tell Prometheus where each stands."""
        for policy in self._leases:
            learner = self._running.get(policy)
            metrics.learning.labels(policy).set(learner is not None)
            if learner is not None:
                metrics.learned.labels(policy).set(learner.fold.model.learned)
                metrics.open_decisions.labels(policy).set(learner.fold.join.open)
                metrics.set_aside.labels(policy).set(learner.fold.counts.damaged)

    def finish(self) -> None:
        """Commit what was folded, where that is possible, and let another take over."""
        for policy, lease in self._leases.items():
            try:
                with self._alone(policy):
                    if policy in self._running:
                        self._running[policy].finish()
                    lease.release()
            except StoreAway as fault:
                log.warning("stopped_without_commit", policy=policy, reason=str(fault))

    def _policies(self) -> tuple[Policy, ...]:
        if self._elapsed() >= self._catalog_at:
            self._catalog, self._catalog_at = self._catalogs.current(), self._elapsed() + CATALOG_S
        return self._catalog.policies

    def _look_at(self, policy: Policy) -> None:
        lease = self._leases.setdefault(policy.id, Lease(self._store, policy.id, self._holder, self._elapsed))
        known, fence = self._running.get(policy.id), lease.fence()
        if fence is None:
            return
        if known and known.policy.learning == policy.learning and follows(fence, known.fence):
            known.fence = fence
            return
        made = PolicyLearner(
            policy,
            self._store,
            self._catalogs,
            self._archive,
            self._rhythm,
            self._elapsed,
            fence,
            self._published.get(policy.id, 0),
        )
        self._running[policy.id] = made
        self._waiting.discard(policy.id)
        log.info("learner_at_work", policy=policy.id, version=made.fold.version, fence=fence)

    def _drop(self, policy: str) -> None:
        dropped = self._running.pop(policy, None)
        if dropped is not None:
            self._published[policy] = max(self._published.get(policy, 0), dropped.published)

    def _forgive(self, policy: str) -> None:
        """Forget old failures; not at once, since some come with the next archive file only."""
        if policy in self._pauses and self._elapsed() > self._pauses[policy][1] + 2 * LONGEST_PAUSE_S:
            del self._pauses[policy]

    def _pause(self, policy: str) -> None:
        pause_s = min(2 * self._pauses.get(policy, (0.25, 0.0))[0], LONGEST_PAUSE_S)
        self._pauses[policy] = pause_s, self._elapsed() + pause_s

    @contextmanager
    def _alone(self, policy: str) -> Iterator[None]:
        try:
            yield
        except (Overtaken, LogLost) as fault:  # what it holds is of no use any more
            log.warning("learner_begins_again", policy=policy, reason=str(fault))
            self._drop(policy)
        except OtherLearning as fault:
            if policy not in self._waiting:
                log.error("learner_waits", policy=policy, reason=str(fault))
            self._waiting.add(policy)
            self._drop(policy)
            self._pause(policy)
        except SnapshotRefused as fault:
            log.error("learner_halted", policy=policy, reason=str(fault))
            self._drop(policy)
            self._halted.add(policy)
        except StoreAway:
            raise
        except Exception:  # a full disk passes, and what does not must not stop the other policies
            log.exception("learner_failed", policy=policy)
            self._drop(policy)
            self._pause(policy)
