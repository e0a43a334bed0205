"""One table of probabilities for every round alike: a row a slot, a column an action."""

from __future__ import annotations

import numpy as np

from bandit.arrays import Doubles
from simulations.evaluation.targets.base import normalised
from simulations.logs.base import Batch, Log


class Places:
    """A policy that looks at the slot alone, of a log in which every action is always a candidate."""

    def __init__(self, name: str, probability: Doubles) -> None:
        """
        probability  [slots, actions] in the log's order, each row's sum 1
        """
        self.name = name
        self._probability = probability

    def asking(self, log: Log) -> Places:
        """See `Target`."""
        return self

    def probabilities(self, batch: Batch) -> Doubles:
        """See `Asking`."""
        logged = batch.logged
        slot = np.repeat(logged.slot, np.diff(logged.start))
        return normalised(self._probability[slot, logged.action], batch, "target", 1e-6)

    def known(self, batch: Batch) -> None:
        """See `Asking`."""
