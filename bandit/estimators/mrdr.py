"""More robust doubly robust estimation: a reward model fitted for what it is used for."""

from __future__ import annotations

from bandit.arrays import Doubles
from bandit.estimators.dr import dr
from bandit.estimators.terms import Terms
from bandit.estimators.weighed import Weighed


def mrdr(rounds: Weighed) -> Terms:
    """`dr`, of rounds whose reward model was fitted with `mrdr_weights`.

    Where large weights will multiply what the model does not foresee, it is made to foresee more, at the cost of other
    rounds. The estimate is unbiased as DR's is; the gain is in variance, if the model cannot be right everywhere.

    Raises BadInput without a reward model.
    Source: Farajtabar, Chow & Ghavamzadeh, ICML 2018.

    >>> import numpy as np
    >>> half = np.full(2, 0.5)
    >>> mrdr(Weighed(half, half, np.array([1.0, 0.0]), half, half)).value
    0.5
    """
    return dr(rounds)


def mrdr_weights(rounds: Weighed) -> Doubles:
    """[n] what each round counts when the model is fitted: target * (1 - propensity) / propensity^2.

    A round's squared error times this is its share of the variance of DR for a target that shows one ad for certain;
    other targets count by the probability they give it, as in Open Bandit Pipeline.

    >>> import numpy as np
    >>> mrdr_weights(Weighed(np.array([0.5, 1.0]), np.array([0.25, 1.0]), np.ones(2))).tolist()
    [0.5, 0.0]
    """
    weights: Doubles = rounds.weight * (1.0 - rounds.propensity) / rounds.propensity
    return weights
