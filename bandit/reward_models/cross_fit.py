"""Predictions from models that never saw the decision they are asked about.

A model that has seen a click predicts it, and then what it was to correct is already in its error: doubly robust
estimates come out too sure and biased. With cross-fitting each decision is predicted from the others.
Source: Chernozhukov et al., The Econometrics Journal 21, 2018.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

import numpy as np

from bandit.arrays import Doubles
from bandit.errors import BadInput
from bandit.estimators.keyed import keyed
from bandit.estimators.logged import Indices, Logged
from bandit.reward_models.base import Fitted, Gathered, RewardModel, counted
from bandit.reward_models.rounds import candidates, only

MOST_FOLDS = 100  # sums are kept for each; more than 10 gains nothing
_FOLDS = 1  # stream of `keyed`


@dataclass(frozen=True, slots=True, eq=False)
class CrossFitted:
    """A model for each fold, fitted on all the others."""

    models: tuple[Fitted, ...]
    seed: int

    def predict(self, logged: Logged) -> Doubles:
        """[s] each candidate's mean reward, as the model says that did not see its decision."""
        fold = folds_of(logged.decision, len(self.models), self.seed)
        asked = replace(logged, served=None)  # models are not told, so that less is copied
        predicted = np.empty(len(logged.action))
        for number in np.unique(fold):
            rounds = np.flatnonzero(fold == number)
            predicted[candidates(asked, rounds)] = self.models[number].predict(only(asked, rounds))
        return predicted


def cross_fitted(
    model: RewardModel,
    parts: Iterable[Logged],
    *,
    folds: int = 5,
    seed: int = 0,
    weight: Callable[[Logged], Doubles] | None = None,
) -> CrossFitted:
    """Fit in one pass over a log's parts; `predict` is then asked part by part in a second.

    model   such as `Ridge()`; FromSklearn keeps all of the log's rounds in memory, the others sums alone
    parts   of one log, as `checked` gives them; a decision has one number in both passes, and no other decision has it
    folds   at least 2
    seed    of who comes into which fold, in [0, 2**63)
    weight  [n] what each of a part's rounds counts, such as `mrdr_weights` of it; None: all alike

    A decision's fold depends on its number and the seed only, so the cut into parts changes no number.
    Raises BadInput if there are no rounds, too few decisions for the folds, or parts of mixed schemas, and for rows as
    `counted` says.
    """
    if not 2 <= folds <= MOST_FOLDS:
        raise BadInput("#/folds", "bound", f"{folds} folds; from 2 to {MOST_FOLDS}")
    gathered: Gathered | None = None
    row = 0
    for part in parts:
        if gathered is None:
            gathered = model.gather(part.actions, part.shared.shape[1], folds)
        counts = counted(part, weight(part) if weight else None, first=row)
        gathered.add(part, folds_of(part.decision, folds, seed), counts)
        row += part.n
    if gathered is None:
        raise BadInput("#/rows", "bound", "no rounds to fit a reward model from")
    return crossed(gathered, folds, seed)


def crossed(gathered: Gathered, folds: int, seed: int) -> CrossFitted:
    """A model for each of the folds that `folds_of` named. Raises BadInput if the others of one hold no round."""
    others = ([other for other in range(folds) if other != number] for number in range(folds))
    return CrossFitted(tuple(gathered.fitted(of) for of in others), seed)


def folds_of(decision: Indices, folds: int, seed: int) -> Indices:
    """[n] fold of each decision."""
    return (keyed(decision, seed=seed, stream=_FOLDS) % np.uint64(folds)).astype(np.int64)
