"""A model of an archive as it was when it had learned so much: folded again from the same outcomes."""

from __future__ import annotations

import numpy as np
import polars as pl

from bandit.archive.archived import Archived
from bandit.arrays import Flags
from bandit.config import Policy
from bandit.errors import BadInput
from bandit.fold import Fold
from bandit.join import order
from bandit.model import Model
from bandit.refold import relearned
from simulations.evaluation.targets.engine import Running
from simulations.logs.archive import ArchiveLog
from simulations.logs.base import Batch, Log


class Snapshot:
    """The policy's model, held still. Rounds that it learned from say nothing of it and are left out."""

    def __init__(self, learned: int | None = None) -> None:
        """
        learned  outcomes it had learned; None: all there are
        """
        self.name = "model" if learned is None else f"model@{learned}"
        self._learned = learned

    def asking(self, log: Log) -> Still:
        """See `Target`. Raises BadInput if the log is no archive, or its policy never had learned just so much."""
        home = log.home if isinstance(log, ArchiveLog) else None
        if home is None:
            raise BadInput(
                "#/target", "unresolved", "`model` is the model of an archive's policy, and this is no archive"
            )
        archived = Archived(*home)
        policy = archived.policy()
        reading = Archived(*home, policy.learning)
        fold = Fold(policy.learning, reading.shelf)
        wanted = [] if self._learned is None else [self._learned]
        reached = next(relearned(fold, reading.outcomes(), wanted), None)
        if reached != self._learned:
            told = f"no model that has learned {self._learned} outcomes; the newest has learned {fold.model.learned}"
            raise BadInput("#/target", "unknown", f"there is {told}")
        return Still(log, policy, fold.model, fold.cursor)


class Still(Running):
    """A model that does not learn."""

    def __init__(self, log: Log, policy: Policy, model: Model, cursor: str) -> None:
        super().__init__(log, policy, model, learns_until=0)
        self._cursor = order(cursor)

    def known(self, batch: Batch) -> Flags:
        """See `Asking`."""
        parts = batch.rows["position"].str.split_exact("-", 1).struct.unnest()
        ms, sequence = (parts[name].cast(pl.Int64).to_numpy() for name in parts.columns)
        behind = (ms > self._cursor[0]) | ((ms == self._cursor[0]) & (sequence > self._cursor[1]))
        return np.asarray(~behind & batch.rows["trainable"].to_numpy())
