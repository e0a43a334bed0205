"""Were ads drawn with the probabilities that the log says? Counted batch by batch; see `bandit.calibration`."""

from __future__ import annotations

import numpy as np

from bandit import calibration
from bandit.arrays import Doubles
from bandit.calibration import EDGES, EVERY, LEVEL, LIKELIEST, Cell
from bandit.estimators.logged import Logged
from bandit.kernels import weighing

SUSPECTS = 64  # cells whose intervals are computed


def counted(logged: Logged) -> Doubles | None:
    """[2 + actions, classes, 3] offers, draws to be expected and draws for each class of probability.

    Row 0 is of every candidate, row 1 of the likeliest of each round, the others of each action. Sums over batches add
    up. None if the log keeps the choices' propensities alone: then the mean weight is all that can be checked.
    """
    if logged.served is None:
        return None
    return weighing.calibrated(logged.start, logged.action, logged.chosen, logged.actions, logged.served, EDGES)


def worst(counts: Doubles, level: float = LEVEL) -> Cell | None:
    """The class of probabilities whose draws are hardest to believe; None if nothing was offered.

    counts  sum of what `counted` gives
    level   probability that all intervals hold, if the propensities do

    >>> fair = np.zeros((3, 10, 3))
    >>> fair[:, 7] = [[400, 120, 117], [200, 60, 58], [400, 120, 117]]
    >>> worst(fair).holds
    True
    """
    _, expected, drawn = (counts[:, :, column] for column in range(3))
    if not expected.any():
        return None
    # Of very many cells only those are looked at that are likely to be the worst: by Poisson deviance.
    with np.errstate(divide="ignore", invalid="ignore"):
        deviance = np.where(drawn > 0, drawn * np.log(drawn / expected), 0.0) - (drawn - expected)
    order = np.argsort(np.where(expected > 0, deviance, -1.0), axis=None)[-SUSPECTS:]
    suspects = counts.reshape(-1, 3)[order]
    suspects, order = suspects[suspects[:, 1] > 0], order[suspects[:, 1] > 0]
    each = suspects[:, 0], suspects[:, 1], suspects[:, 2]
    low, high = calibration.intervals(*each, (1.0 - level) / expected.size)
    at = int(np.argmax(np.maximum(low - 1.0, 1.0 - high)))
    group, place = divmod(int(order[at]), expected.shape[1])
    name = (EVERY, LIKELIEST)[group] if group < 2 else (str(group - 2), "")
    bounds = [0.0, *EDGES.tolist(), 1.0]
    m, e, d = suspects[at].tolist()
    return Cell(name, bounds[place], bounds[place + 1], int(m), e, int(d), d / e, float(low[at]), float(high[at]))
