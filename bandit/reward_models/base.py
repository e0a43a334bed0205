"""What every reward model offers: rounds are gathered batch by batch into folds, and fitted from any of the folds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from bandit.arrays import Doubles
from bandit.estimators.logged import Indices, Logged
from bandit.estimators.rows import all_as, of_length
from bandit.reward_models.rounds import PLACES


class Fitted(Protocol):
    """A model that has learned; it never changes."""

    def predict(self, logged: Logged) -> Doubles:
        """[s] mean reward of each candidate in its round's slot, in reward units, finite.

        Raises BadInput if the log has not the actions and features of the one it was fitted on.
        """
        ...


class Gathered(Protocol):
    """What is kept of the rounds seen so far, apart for each fold."""

    def add(self, logged: Logged, fold: Indices, weight: Doubles) -> None:
        """Take in a batch. Any cut into batches gives the same, to the last bit.

        logged  as `checked` gives it, with slots below PLACES
        fold    [n] where each round goes
        weight  [n] what each counts, finite, not negative

        Raises BadInput if it has not the actions and features of the batches before.
        """
        ...

    def fitted(self, folds: Sequence[int]) -> Fitted:
        """From these folds alone. Raises BadInput if no round of weight is in them."""
        ...


class RewardModel(Protocol):
    """A kind of model and its options; it holds nothing of any log."""

    def gather(self, actions: int, features: int, folds: int) -> Gathered:
        """Nothing gathered yet, of rounds with so many `actions` in the log and `features` of a request."""
        ...


def fit(model: RewardModel, logged: Logged, weight: Doubles | None = None) -> Fitted:
    """A model of all the rounds, which saw what it will be asked about; see `cross_fitted` for one that did not.

    logged  as `checked` gives it
    weight  [n] what each round counts, such as `mrdr_weights`; None: all alike

    Raises BadInput for what `counted` refuses, and if no round has weight.
    """
    gathered = model.gather(logged.actions, logged.shared.shape[1], 1)
    gathered.add(logged, np.zeros(logged.n, np.int64), counted(logged, weight))
    return gathered.fitted([0])


def counted(logged: Logged, weight: Doubles | None, *, first: int = 0) -> Doubles:
    """[n] the weights as given, or ones.

    first  row of the log that round 0 is

    Raises BadInput with the row for a weight that is negative or not finite, and for a slot no page has.
    """
    all_as(f"is below {PLACES}", logged.slot < PLACES, "slot", logged.slot, first)
    if weight is None:
        return np.ones(logged.n)
    of_length(logged.n, weight=weight)
    all_as("is finite and not negative", np.isfinite(weight) & (weight >= 0), "weight", weight, first)
    return np.ascontiguousarray(weight, np.float64)
