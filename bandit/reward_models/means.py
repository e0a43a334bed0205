"""What each ad earned on average in each slot, drawn towards what is usual where little was seen of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bandit.arrays import Doubles
from bandit.errors import BadInput
from bandit.estimators.logged import Indices, Logged
from bandit.kernels.reward_models import COUNT, SQUARES, SUM, WEIGHT, add_to_cells
from bandit.reward_models.rounds import alike, seen


@dataclass(frozen=True, slots=True)
class Means:
    """Mean reward of each action in each slot, shrunk to its slot's mean, and that to the mean of all.

    A mean of weight N goes with N / (N + k) of itself and the rest of what it is shrunk to. k is a variance of rewards
    around their means over the variance of the means themselves, estimated from the log for each slot (and for slots
    among one another) by the unbiased moments of one-way analysis of variance; where the means differ by no more than
    chance, k is infinite. Features are not looked at.
    Source: Buehlmann & Straub, Mitteilungen der VSVM 70, 1970.
    """

    def gather(self, actions: int, features: int, folds: int) -> Cells:
        """No round yet."""
        return Cells(actions, features, folds)


class Cells:
    """Sums for each fold, slot and action."""

    def __init__(self, actions: int, features: int, folds: int) -> None:
        self._features = features
        self._cells = np.zeros((folds, 0, actions, 4))

    def add(self, logged: Logged, fold: Indices, weight: Doubles) -> None:
        """See `Gathered`."""
        rounds = seen(logged, self._cells.shape[2], self._features)
        missing = int(rounds.slot.max(initial=-1)) + 1 - self._cells.shape[1]
        if missing > 0:
            self._cells = np.ascontiguousarray(np.pad(self._cells, ((0, 0), (0, missing), (0, 0), (0, 0))))
        add_to_cells(self._cells, fold, rounds.slot, rounds.action, rounds.reward, weight)

    def fitted(self, folds: Sequence[int]) -> FittedMeans:
        """See `Gathered`."""
        cells = self._cells[list(folds)].sum(axis=0)
        whole = cells.sum(axis=(0, 1))
        if not whole[WEIGHT] > 0:
            raise BadInput("#/folds", "bound", "no round of weight to fit from; take fewer folds or a longer log")
        overall = whole[SUM] / whole[WEIGHT]
        slots = shrunk(cells.sum(axis=1), overall)
        table = [shrunk(cell, mean) for cell, mean in zip(cells, slots, strict=True)]
        unseen = np.full(cells.shape[1], overall)
        return FittedMeans(np.array([*table, unseen]), self._features)


@dataclass(frozen=True, slots=True, eq=False)
class FittedMeans:
    """A table of means."""

    mean: Doubles  # [places + 1, actions] the last row is for slots never seen
    features: int  # of the rounds it was fitted on

    def predict(self, logged: Logged) -> Doubles:
        """[s] the mean of each candidate's action in its slot."""
        places, actions = self.mean.shape
        alike(logged, actions, self.features)
        row = np.minimum(logged.slot, places - 1)
        predicted: Doubles = self.mean.ravel()[np.repeat(row * actions, np.diff(logged.start)) + logged.action]
        return predicted


def shrunk(cells: Doubles, towards: float) -> Doubles:
    """[c] means of cells [c, 4] drawn towards a number, each the more the less weight it has.

    >>> shrunk(np.array([[2.0, 2.0, 2.0, 2.0], [2.0, 2.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0]]), 0.5).tolist()
    [1.0, 0.0, 0.5]
    """
    weight = cells[:, WEIGHT]
    mean = np.divide(cells[:, SUM], weight, out=np.full(len(cells), towards), where=weight > 0)
    own = np.divide(weight, weight + strength(cells), out=np.zeros(len(cells)), where=weight > 0)
    pulled: Doubles = towards + own * (mean - towards)
    return pulled


def strength(cells: Doubles) -> float:
    """k: the weight at which a cell's mean counts as much as what it is shrunk to; infinite if the means are alike."""
    cells = cells[cells[:, WEIGHT] > 0]
    count, weight, total, squares = cells[:, COUNT], cells[:, WEIGHT], cells[:, SUM], cells[:, SQUARES]
    freedom = count.sum() - len(cells)
    if len(cells) < 2 or freedom <= 0:
        return np.inf
    whole = weight.sum()
    within = max(0.0, float((squares - total**2 / weight).sum())) / freedom
    spread = float(weight @ (total / weight - total.sum() / whole) ** 2) - (len(cells) - 1) * within
    between = spread / (whole - weight @ weight / whole)
    return float(within / between) if between > 0 else np.inf
