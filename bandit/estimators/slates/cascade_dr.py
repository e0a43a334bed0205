"""Several slots, read from the first on, with a reward model to take out what it can explain."""

from __future__ import annotations

import numpy as np

from bandit.estimators.slates.slates import Slates, column
from bandit.estimators.terms import Terms


def cascade_dr(slates: Slates) -> Terms:
    """Doubly robust RIPS: in every slot the model's mean under the target policy, and the weighted error of the model.

    Right under the same cascade as RIPS, whatever the model says; the better the model, the smaller the variance.
    Needs `predicted` and `expected`. Raises BadInput without them.
    Source: Kiyohara et al., WSDM 2022.

    >>> ones = np.ones(2)
    >>> cascade_dr(Slates(np.array([0, 0]), np.array([0, 1]), ones, ones, ones, predicted=ones, expected=ones)).value
    2.0
    """
    why = "cascade-DR takes a reward model's predictions"
    predicted, expected = column(slates, "predicted", why), column(slates, "expected", why)
    weight = slates.prefix
    before = np.where(slates.slot == 0, 1.0, np.roll(weight, 1))
    return Terms(slates.each(weight * (slates.reward - predicted) + before * expected))
