"""Any regressor or classifier of scikit-learn, on the columns a ridge would have."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

import numpy as np

from bandit.arrays import Doubles
from bandit.errors import BadInput
from bandit.estimators.logged import Indices, Logged
from bandit.reward_models.rounds import Seen, alike, seen

WIDEST = 4_096  # columns; beyond, a table of a million rounds takes tens of GB
ASKED = 2**23  # numbers in a table of candidates that are asked about at once, 64 MB


@dataclass(frozen=True, slots=True)
class FromSklearn:
    """An estimator named `module:Class`, such as `sklearn.ensemble:HistGradientBoostingRegressor`.

    It gets the features of the request, then a column of ones and zeros for each slot, then for each action; slots
    beyond those it was fitted on are all zeros. A classifier's classes are rewards; their mean under its probabilities
    is predicted. All chosen candidates of the log are kept in memory, 8 bytes a column, and it is not told more than
    that of the log: for logs of more than some million rounds take `Means` or `Ridge`.

    parameters  of the class, by name; `random_state` is `seed` where it has one and none is given
    """

    name: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    seed: int = 0

    def gather(self, actions: int, features: int, folds: int) -> Columns:
        """No round yet. Raises BadInput if the class is not there, or there are too many actions for columns."""
        if actions + features > WIDEST:
            raise BadInput(
                "#/actions", "bound", f"{actions} actions and {features} features are more than {WIDEST} columns"
            )
        self.made()
        return Columns(self, actions, features, folds)

    def made(self) -> Any:
        """A new estimator. Raises BadInput if the class is not there or takes other parameters."""
        module, _, name = self.name.partition(":")
        try:
            kind = getattr(import_module(module), name)
        except ModuleNotFoundError as missing:
            if missing.name == "sklearn":
                needed = "scikit-learn is not installed: pip install 'adbandit[research]'"
                raise BadInput("#/name", "unknown", needed) from None
            raise BadInput("#/name", "unknown", f"no module {module}") from None
        except (AttributeError, ValueError):
            raise BadInput("#/name", "unknown", f"{self.name} is no class, written module:Class") from None
        try:
            estimator = kind(**self.parameters)
            if "random_state" not in self.parameters and "random_state" in estimator.get_params():
                estimator.set_params(random_state=self.seed)
        except (AttributeError, TypeError, ValueError) as refused:
            raise BadInput("#/parameters", "unknown", f"{self.name}: {refused}") from None
        return estimator


class Columns:
    """The chosen candidates of all batches."""

    def __init__(self, model: FromSklearn, actions: int, features: int, folds: int) -> None:
        self._model, self._actions, self._features = model, actions, features
        self._kept: list[tuple[Seen, Indices, Doubles]] = []

    def add(self, logged: Logged, fold: Indices, weight: Doubles) -> None:
        """See `Gathered`."""
        rounds = seen(logged, self._actions, self._features)
        self._kept.append((rounds, fold, weight))

    def fitted(self, folds: Sequence[int]) -> FittedSklearn:
        """See `Gathered`. Raises BadInput also for what the estimator refuses."""
        used = [np.isin(fold, folds) & (weight > 0) for _, fold, weight in self._kept]
        action, slot, shared, reward = (
            np.concatenate([np.asarray(rounds[at])[use] for (rounds, _, _), use in zip(self._kept, used, strict=True)])
            for at in range(4)
        )
        if not len(reward):
            raise BadInput("#/folds", "bound", "no round of weight to fit from; take fewer folds or a longer log")
        weight = np.concatenate([weight[use] for (_, _, weight), use in zip(self._kept, used, strict=True)])
        places = int(slot.max()) + 1
        table = columns(shared, slot, places, action, self._actions)
        even = bool(np.all(weight == weight[0]))
        estimator = self._model.made()
        try:
            estimator.fit(table, reward, **({} if even else {"sample_weight": weight}))
        except (TypeError, ValueError) as refused:
            raise BadInput("#/name", "bound", f"{self._model.name}: {refused}") from None
        return FittedSklearn(estimator, places, self._actions, self._features)


@dataclass(frozen=True, slots=True, eq=False)
class FittedSklearn:
    """An estimator that has been fitted."""

    estimator: Any
    places: int
    actions: int
    features: int

    def predict(self, logged: Logged) -> Doubles:
        """[s] what the estimator predicts, or a classifier's mean reward."""
        alike(logged, self.actions, self.features)
        of = np.repeat(np.arange(logged.n), np.diff(logged.start))
        predicted = np.empty(len(of))
        at_once = ASKED // (self.features + self.places + self.actions)
        for begin in range(0, len(of), at_once):
            row, action = of[begin : begin + at_once], logged.action[begin : begin + at_once]
            table = columns(logged.shared[row], logged.slot[row], self.places, action, self.actions)
            predicted[begin : begin + at_once] = self._mean(table)
        return predicted

    def _mean(self, table: Doubles) -> Doubles:
        if not hasattr(self.estimator, "predict_proba"):
            return np.asarray(self.estimator.predict(table), np.float64)
        return np.asarray(self.estimator.predict_proba(table) @ self.estimator.classes_, np.float64)


def columns(shared: Doubles, slot: Indices, places: int, action: Indices, actions: int) -> Doubles:
    """[n, d + places + actions] features, then which slot, then which action.

    >>> columns(np.array([[0.5]]), np.array([1]), 2, np.array([0]), 2).tolist()
    [[0.5, 0.0, 1.0, 1.0, 0.0]]
    """
    n, d = shared.shape
    table = np.zeros((n, d + places + actions))
    table[:, :d] = shared
    inside = np.flatnonzero(slot < places)
    table[inside, d + slot[inside]] = 1.0
    table[np.arange(n), d + places + action] = 1.0
    return table
