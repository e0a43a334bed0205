"""The first rounds of a log, as a log."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from bandit.arrays import Flags
from bandit.config import Learning, Policy
from bandit.estimators.logged import Indices
from bandit.records import Outcome
from bandit.reward_models.rounds import only
from simulations.logs.base import Asked, Batch, Log, Shelves


class Beginning:
    """So many rounds or a few less, since a decision is never cut in two."""

    def __init__(self, log: Log, rounds: int) -> None:
        """
        rounds  of the log's, at least one decision's
        """
        self._log = log
        self.name = log.name
        self.actions = log.actions
        self.rounds = min(rounds, log.rounds)

    @property
    def policy(self) -> Policy:
        """See `Log`."""
        return self._log.policy

    def batches(self, *, features: bool = False) -> Iterator[Batch]:
        """See `Log`."""
        for batch in self._log.batches(features=features):
            left = self.rounds - batch.first
            if left >= batch.logged.n:
                yield batch
                continue
            decision = batch.logged.decision
            kept = int(np.searchsorted(decision, decision[max(left, 0)])) if left > 0 else 0
            if kept:
                yield replace(batch, logged=only(batch.logged, np.arange(kept)), rows=batch.rows.head(kept))
            return

    def clash(self, actions: Indices) -> Flags:
        """See `Log`."""
        return self._log.clash(actions)

    def asked(self, batch: Batch) -> Iterator[Asked]:
        """See `Log`."""
        return self._log.asked(batch)

    def outcomes(self, batch: Batch) -> Iterator[Outcome]:
        """See `Log`."""
        return self._log.outcomes(batch)

    def shelves(self, learning: Learning | None) -> Shelves:
        """See `Log`."""
        return self._log.shelves(learning)
