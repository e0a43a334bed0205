"""Weighed rounds of a log whose rounds all have the same candidates, from tables as they stand."""

from __future__ import annotations

import numpy as np

from bandit.arrays import Doubles
from bandit.errors import BadInput
from bandit.estimators.logged import Indices
from bandit.estimators.rows import SUM_TOLERANCE, all_as, misweighed, of_length, some
from bandit.estimators.weighed import Weighed

BLOCK = 4_096  # rounds looked at together: 3 MB of a table of 80 actions, which stays in the processor's cache


def weigh_table(
    probability: Doubles,
    action: Indices,
    propensity: Doubles,
    reward: Doubles,
    *,
    q: Doubles | None = None,
    served: Doubles | None = None,
) -> Weighed:
    """What `weigh` gives, of n rounds with the same k candidates. Nothing of a table's size is copied.

    probability  [n, k] that the target policy shows each: in [0, 1], each round's sum to 1
    action       [n] which was shown, in [0, k)
    propensity   [n] probability it was drawn with, in (0, 1]
    reward       [n] reward units, finite
    q            [n, k] a reward model's predictions, finite
    served       [n, k] probability each was served with

    Raises BadInput with the first row and column that are otherwise.

    >>> half = np.full((2, 2), 0.5)
    >>> weigh_table(np.array([[1.0, 0.0], [0.5, 0.5]]), np.array([0, 1]), half[:, 0], np.ones(2)).weight.tolist()
    [2.0, 1.0]
    """
    n, k = probability.shape
    some(n)
    of_length(n, action=action, propensity=propensity, reward=reward, q=q, served=served)
    for name, table in (("q", q), ("served", served)):
        if table is not None and table.shape[1] != k:
            raise BadInput(f"#/{name}", "bound", f"{name} has {table.shape[1]} columns; {k} are wanted")
    all_as(f"is in [0, {k})", (action >= 0) & (action < k), "action", action)
    all_as("is above 0 and at most 1", (propensity > 0) & (propensity <= 1), "propensity", propensity)
    all_as("is finite", np.isfinite(reward), "reward", reward)
    expected = None if q is None else np.empty(n)
    unsupported, squared = (None if served is None else np.empty(n) for _ in range(2))
    for begin in range(0, n, BLOCK):
        part = slice(begin, begin + BLOCK)
        target = probability[part]
        _check(target, begin)
        if q is not None and expected is not None:
            np.einsum("ij,ij->i", target, q[part], out=expected[part], dtype=np.float64)
            _check_q(expected[part], target, q[part], begin)
        if served is not None and unsupported is not None and squared is not None:
            unsupported[part], squared[part] = _support(target, served[part])
    rows = np.arange(n)
    predicted = None if q is None else _doubles(q[rows, action])
    chosen = _doubles(probability[rows, action])
    return Weighed(_doubles(propensity), chosen, _doubles(reward), predicted, expected, unsupported, squared)


def _doubles(column: Doubles) -> Doubles:
    return np.ascontiguousarray(column, np.float64)


def _check(target: Doubles, begin: int) -> None:
    total = target.sum(axis=1, dtype=np.float64)
    if not (target.min() >= 0 and target.max() <= 1 + SUM_TOLERANCE and np.abs(total - 1).max() <= SUM_TOLERANCE):
        outside = ~((target >= 0) & (target <= 1 + SUM_TOLERANCE)).all(axis=1)
        row = int(np.argmax(outside | ~(np.abs(total - 1) <= SUM_TOLERANCE)))
        raise misweighed(begin + row, target[row], None)


def _check_q(expected: Doubles, target: Doubles, q: Doubles, begin: int) -> None:
    # A prediction that is not finite leaves no finite sum, whatever it is multiplied with.
    finite = np.isfinite(expected)
    if not finite.all():
        row = int(np.argmin(finite))
        raise misweighed(begin + row, target[row], q[row])


def _support(target: Doubles, served: Doubles) -> tuple[Doubles, Doubles]:
    """([m] mass on what was never served, [m] mean of the squared weight)."""
    could = served > 0
    squares = np.divide(target * target, served, out=np.zeros(target.shape), where=could)
    return np.where(could, 0.0, target).sum(axis=1), squares.sum(axis=1)
