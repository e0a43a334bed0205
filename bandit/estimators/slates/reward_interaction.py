"""Several slots, read from the first on: a slot's reward may depend on what stands before it."""

from __future__ import annotations

from bandit.estimators.slates.slates import Slates
from bandit.estimators.terms import Terms


def reward_interaction(slates: Slates) -> Terms:
    """RIPS: each reward, weighted by how much likelier the target policy shows this slot and those before it.

    Right if no slot's reward depends on the slots after it (cascade). Our log's propensities are given the slots
    before, so their products are exact.
    Source: McInerney et al., KDD 2020.

    >>> import numpy as np
    >>> pages = Slates(np.array([0, 0]), np.array([0, 1]), *np.array([[0.5, 0.5], [1.0, 0.25], [1.0, 0.0]]))
    >>> reward_interaction(pages).value
    2.0
    """
    return Terms(slates.each(slates.prefix * slates.reward))
