"""A linear model of what a round earns, solved without ever setting up its columns for the actions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bandit.arrays import Doubles
from bandit.errors import BadInput
from bandit.estimators.logged import Indices, Logged
from bandit.kernels.reward_models import add_to_moments, linear
from bandit.reward_models.rounds import alike, seen

LARGEST_TABLE = 2**26  # numbers (512 MB) that slopes for each action may take


@dataclass(frozen=True, slots=True)
class Ridge:
    """Squared error plus `strength` times the squares of all coefficients but the constant.

    Columns: a constant, the features of the request, one for each slot, one for each action and, with `slopes`, the
    features once more for each action. What one gets from scikit-learn's `Ridge` on those columns.

    strength  above 0, in units of squared features times weight; features should be of one scale, such as [-1, 1]
    slopes    whether a feature may matter for one action and not for another
    Source: Hoerl & Kennard, Technometrics 12, 1970. Actions are eliminated by Schur complement.
    """

    strength: float = 1.0
    slopes: bool = False

    def __post_init__(self) -> None:
        """Raises BadInput if strength is not positive."""
        if not 0 < self.strength < np.inf:
            raise BadInput("#/strength", "bound", f"strength is {self.strength}; it is above 0 and finite")

    def gather(self, actions: int, features: int, folds: int) -> Moments:
        """No round yet. Raises BadInput if slopes for so many actions and features would take too much memory."""
        if self.slopes and folds * actions * (1 + features) ** 2 > LARGEST_TABLE:
            raise BadInput(
                "#/slopes", "bound", f"{actions} actions with {features} features are too many for slopes of their own"
            )
        return Moments(self, actions, features, folds)


class Moments:
    """Sums for each fold; see `add_to_moments`."""

    def __init__(self, ridge: Ridge, actions: int, features: int, folds: int) -> None:
        self._ridge = ridge
        self._features = features
        width, groups = 1 + features, actions if ridge.slopes else 1
        self._gram = np.zeros((folds, groups, width, width))
        self._moment = np.zeros((folds, groups, width))
        self._cross = np.zeros((folds, actions, width))
        self._earned = np.zeros((folds, actions))

    def add(self, logged: Logged, fold: Indices, weight: Doubles) -> None:
        """See `Gathered`."""
        rounds = seen(logged, self._earned.shape[1], self._features)
        self._widen(int(rounds.slot.max(initial=-1)) + 2 + self._features - self._cross.shape[2])
        sums = self._gram, self._moment, self._cross, self._earned
        add_to_moments(*sums, fold, rounds.slot, rounds.action, rounds.shared, rounds.reward, weight)

    def _widen(self, missing: int) -> None:
        if missing > 0:
            self._gram = np.ascontiguousarray(np.pad(self._gram, ((0, 0), (0, 0), (0, missing), (0, missing))))
            self._moment = np.ascontiguousarray(np.pad(self._moment, ((0, 0), (0, 0), (0, missing))))
            self._cross = np.ascontiguousarray(np.pad(self._cross, ((0, 0), (0, 0), (0, missing))))

    def fitted(self, folds: Sequence[int]) -> FittedRidge:
        """See `Gathered`. Raises BadInput also for features too large to be squared."""
        of = list(folds)
        gram, moment = self._gram[of].sum(axis=0), self._moment[of].sum(axis=0)
        cross, earned = self._cross[of].sum(axis=0), self._earned[of].sum(axis=0)
        if not cross[:, 0].sum() > 0:
            raise BadInput("#/folds", "bound", "no round of weight to fit from; take fewer folds or a longer log")
        gram = np.triu(gram) + np.triu(gram, 1).transpose(0, 2, 1)
        if not self._ridge.slopes:
            own = (cross[:, :1] + self._ridge.strength)[:, :, None]
            common, theirs = _eliminated(gram[0], moment[0], own, cross[:, None], earned[:, None], self._ridge.strength)
            return FittedRidge(common, np.ascontiguousarray(theirs[:, 0]), np.zeros((0, self._features)))
        width = 1 + self._features
        own = gram[:, :width, :width] + self._ridge.strength * np.eye(width)
        common, theirs = _eliminated(
            gram.sum(axis=0), moment.sum(axis=0), own, gram[:, :width], moment[:, :width], self._ridge.strength
        )
        return FittedRidge(common, np.ascontiguousarray(theirs[:, 0]), np.ascontiguousarray(theirs[:, 1:]))


@dataclass(frozen=True, slots=True, eq=False)
class FittedRidge:
    """Coefficients."""

    common: Doubles  # [1 + d + places] of the constant, the features and the slots
    own: Doubles  # [actions]
    slopes: Doubles  # [actions or 0, d]

    def predict(self, logged: Logged) -> Doubles:
        """[s] the linear model's value, which may lie outside the bounds of rewards; 0 is added for unseen slots."""
        alike(logged, len(self.own), self.slopes.shape[1])
        predicted = np.empty(len(logged.action))
        shared = np.ascontiguousarray(logged.shared, np.float64)
        linear(logged.start, logged.action, logged.slot, shared, self.common, self.own, self.slopes, predicted)
        return predicted


def _eliminated(
    gram: Doubles, moment: Doubles, own: Doubles, cross: Doubles, earned: Doubles, strength: float
) -> tuple[Doubles, Doubles]:
    """(common coefficients [D], those of each action [m, e]) of the normal equations, in arrow form.

    gram, moment   [D, D], [D]       sums over all rounds, without the penalty
    own, cross     [m, e, e], [m, e, D]  an action's own block, with the penalty, and its columns with the common ones
    earned         [m, e]
    """
    if not (np.isfinite(gram).all() and np.isfinite(moment).all()):
        raise BadInput("#/shared", "bound", "features or rewards are so large that their squares are not finite")
    penalty = np.full(len(gram), strength)
    penalty[0] = 0.0  # the constant is free
    try:
        solved = np.linalg.solve(own, np.concatenate([cross, earned[:, :, None]], axis=2))
    except np.linalg.LinAlgError:
        detail = "features are so large that `strength` is lost beside their squares; bring them to one scale"
        raise BadInput("#/shared", "bound", detail) from None
    by_cross, by_earned = solved[:, :, :-1], solved[:, :, -1]
    left = gram + np.diag(penalty) - np.tensordot(cross, by_cross, axes=((0, 1), (0, 1)))
    right = moment - np.tensordot(cross, by_earned, axes=((0, 1), (0, 1)))
    size = np.diag(left)  # not positive: rounding has eaten it, and the rest says as much
    scale = np.divide(1.0, np.sqrt(np.abs(size)), out=np.zeros(len(size)), where=size > 0)
    # Columns of one length lose fewer digits; where two say the same, least squares takes the smallest coefficients.
    common = scale * np.linalg.lstsq(left * np.outer(scale, scale), scale * right, rcond=None)[0]
    return common, by_earned - by_cross @ common
