"""A log and a target policy's probabilities become weighed rounds."""

from __future__ import annotations

import numpy as np

from bandit.arrays import Doubles
from bandit.estimators.logged import Logged
from bandit.estimators.rows import SUM_TOLERANCE, misweighed, of_length
from bandit.estimators.weighed import Weighed
from bandit.kernels import weighing

_NONE = np.zeros(0)


def weigh(logged: Logged, probability: Doubles, q: Doubles | None = None, *, first: int = 0) -> Weighed:
    """Rounds as a target policy weighs them, in one pass over their candidates.

    logged       as `checked` gives it
    probability  [s] that the target policy shows each candidate: in [0, 1], each round's sum to 1
    q            [s] a reward model's prediction for each candidate, reward units, finite
    first        row of the log that round 0 is

    Raises BadInput with the first row whose probabilities or predictions are otherwise.

    >>> two = Logged(np.array([0, 2]), np.array([0, 1]), 2, np.array([0.5, 0.5]), np.array([1]), np.array([0.5]),
    ...     np.array([1.0]), np.array([0]), np.array([0]), np.zeros((1, 0)))
    >>> rounds = weigh(two, np.array([0.25, 0.75]), np.array([0.5, 0.25]))
    >>> rounds.weight.tolist(), rounds.expected.tolist()
    ([1.5], [0.3125])
    """
    of_length(len(logged.action), probability=probability, q=q)
    n, served = logged.n, logged.served
    target = np.empty(n)
    predicted, expected = (np.empty(0 if q is None else n) for _ in range(2))
    unsupported, squared = (np.empty(0 if served is None else n) for _ in range(2))
    wrong = weighing.weigh(
        np.ascontiguousarray(logged.start, np.int64), np.ascontiguousarray(logged.chosen, np.int64),
        _doubles(probability), _doubles(q), _doubles(served), SUM_TOLERANCE,
        target, predicted, expected, unsupported, squared,
    )  # fmt: skip
    if wrong != weighing.SOUND:
        part = slice(logged.start[wrong], logged.start[wrong + 1])
        raise misweighed(first + wrong, probability[part], None if q is None else q[part])
    optional = (column if len(column) else None for column in (predicted, expected, unsupported, squared))
    return Weighed(_doubles(logged.propensity), target, _doubles(logged.reward), *optional)


def _doubles(column: Doubles | None) -> Doubles:
    return _NONE if column is None else np.ascontiguousarray(column, np.float64)
