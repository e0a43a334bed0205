"""Logged rounds with all their candidates: what a target policy and a reward model are asked about."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bandit.arrays import Doubles

Indices = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Logged:
    """n rounds, the s candidates of all of them one behind the other. A round is one slot of a decision.

    Some of a log, as much as is in memory at a time; actions mean the same in every part.
    """

    start: Indices  # [n + 1] round i's candidates are start[i] up to start[i + 1]
    action: Indices  # [s] which of the log's actions a candidate is, in [0, actions)
    actions: int  # how many there are in all the log
    served: Doubles | None  # [s] probability each was served with; None: the log keeps that of the choice alone
    chosen: Indices  # [n] candidate that was shown, an index into `action`
    propensity: Doubles  # [n] probability it was drawn with, in (0, 1]
    reward: Doubles  # [n] reward units, finite
    slot: Indices  # [n] place on the page, from 0
    decision: Indices  # [n] rising; the slots of one decision stand together and share a number
    shared: Doubles  # [n, d] what was known of the request, as numbers; d may be 0
    user: Indices | None = None  # [n] the unit of chance, where users are known

    @property
    def n(self) -> int:
        """Rounds."""
        return len(self.reward)
