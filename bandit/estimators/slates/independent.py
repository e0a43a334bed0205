"""Several slots that have nothing to do with one another."""

from __future__ import annotations

from bandit.estimators.slates.slates import Slates, column
from bandit.estimators.terms import Terms


def independent(slates: Slates) -> Terms:
    """IIPS: each reward, weighted by how much likelier the target policy shows this in this slot.

    Right if a slot's reward depends on what is in it alone. Needs `marginal` and `target_marginal`, which a log with
    propensities given the slots before does not hold: see `placed`. Raises BadInput without them.
    Source: Li et al., KDD 2018.

    >>> import numpy as np
    >>> one = np.array([1.0])
    >>> half = one / 2
    >>> independent(Slates(np.array([0]), np.array([0]), one, one, one, marginal=half, target_marginal=one)).value
    2.0
    """
    why = "independent slots are weighed by marginal probabilities, which `placed` works out"
    marginal, target = column(slates, "marginal", why), column(slates, "target_marginal", why)
    return Terms(slates.each(target / marginal * slates.reward))
