"""An estimate as a mean: how far each round moves it, to first order."""

from __future__ import annotations

import numpy as np

from bandit.arrays import Doubles
from bandit.estimators.logged import Indices
from bandit.estimators.terms import Terms


def influence(terms: Terms) -> Doubles:
    """[n] how far each round moves the estimate, times n; sums to 0.

    The mean's part is a round's distance from it. A ratio's part is its numerator less the ratio times its
    denominator, over the mean denominator (Taylor's first term).
    Source: Kish, Survey Sampling, 1965, 6.3.

    >>> influence(Terms(np.array([1.0, 3.0]))).tolist()
    [-1.0, 1.0]
    """
    moved: Doubles = terms.plain - terms.plain.mean()
    if terms.weighted is not None and terms.weight is not None:
        ratio = terms.weighted.sum() / terms.weight.sum()
        moved += (terms.weighted - ratio * terms.weight) / terms.weight.mean()
    return moved


def by_unit(values: Doubles, user: Indices | None) -> Doubles:
    """[m] sums over the rounds of each user, in the order of their numbers; without users, the values.

    >>> by_unit(np.array([1.0, 2.0, 4.0]), np.array([7, 3, 7])).tolist()
    [2.0, 5.0]
    """
    if user is None:
        return values
    _, of = np.unique(user, return_inverse=True)
    sums: Doubles = np.bincount(of, values).astype(np.float64)
    return sums
