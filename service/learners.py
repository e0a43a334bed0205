"""The learners of all policies in one process; a policy that fails stops alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import structlog

from bandit.errors import SnapshotRefused
from service import metrics
from service.catalogs import Catalogs
from service.learning import Overtaken, PolicyLearner, Rhythm
from service.store import Store, StoreAway

log = structlog.get_logger(__name__)


class Learners:
    """One learner for each policy of the catalog in force."""

    def __init__(
        self, store: Store, catalogs: Catalogs, archive: Path, rhythm: Rhythm, elapsed: Callable[[], float]
    ) -> None:
        self._store = store
        self._catalogs = catalogs
        self._archive = archive
        self._rhythm = rhythm
        self._elapsed = elapsed
        self._running: dict[str, PolicyLearner] = {}
        self._halted: set[str] = set()  # whose snapshot or model is refused; a restart tries again

    def look(self) -> None:
        """Start learners of new policies. Raises StoreAway."""
        for policy in self._catalogs.current().policies:
            known = self._running.get(policy.id)
            if policy.id in self._halted or (known and known.policy.learning == policy.learning):
                continue
            with self._alone(policy.id):
                self._running[policy.id] = PolicyLearner(
                    policy, self._store, self._catalogs, self._archive, self._rhythm, self._elapsed
                )

    def round(self) -> bool:
        """One round of each; whether any left entries unread. Raises StoreAway."""
        more = False
        for policy, learner in list(self._running.items()):
            with self._alone(policy):
                learner.round()
                more = learner.more or more
        return more

    def count(self) -> None:
        """Tell Prometheus where each stands."""
        for policy, learner in self._running.items():
            metrics.learned.labels(policy).set(learner.fold.model.learned)
            metrics.open_decisions.labels(policy).set(learner.fold.join.open)
            metrics.set_aside.labels(policy).set(learner.fold.counts.damaged)

    def finish(self) -> None:
        """Commit what was folded, where that is possible."""
        for policy, learner in list(self._running.items()):
            try:
                with self._alone(policy):
                    learner.finish()
            except StoreAway as fault:
                log.warning("stopped_without_commit", policy=policy, reason=str(fault))

    @contextmanager
    def _alone(self, policy: str) -> Iterator[None]:
        try:
            yield
        except Overtaken as fault:
            log.warning("learner_overtaken", policy=policy, reason=str(fault))
            self._running.pop(policy, None)
        except SnapshotRefused as fault:
            log.error("learner_halted", policy=policy, reason=str(fault))
            self._running.pop(policy, None)
            self._halted.add(policy)
        except StoreAway:
            raise
        except Exception:  # a full disk passes, and what does not must not stop the other policies
            log.exception("learner_failed", policy=policy)
            self._running.pop(policy, None)
