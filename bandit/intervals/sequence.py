"""An asymptotic confidence sequence: one may look after every round and stop when one likes."""

from __future__ import annotations

import math

from scipy.special import lambertw

from bandit.errors import BadInput
from bandit.estimators.logged import Indices
from bandit.estimators.terms import Terms
from bandit.intervals.interval import Interval, check_level
from bandit.intervals.normal import standard_error

PLANNED = 10_000  # rounds


def sequence(terms: Terms, *, planned: int = PLANNED, level: float = 0.95, user: Indices | None = None) -> Interval:
    """Robbins' normal mixture around an estimate: holds at all times at once, as the first of them grows late.

    terms    of the n rounds so far
    planned  number of rounds or users where it is to be narrowest; to be fixed before the first look
    user     [n] the unit of chance, where rounds of one user hang together; else each round is one

    About half as wide again as `normal` near `planned`. Needs no bounds, and like `normal` fails where a few rounds
    outweigh the rest. Raises BadInput as `normal` does, and where less than one round is planned.
    Source: Robbins, Ann. Math. Stat. 1970; Waudby-Smith, Arbour, Sinha, Kennedy & Ramdas, Ann. Stat. 2024.

    >>> import numpy as np
    >>> found = sequence(Terms(np.tile([0.0, 1.0], 50)), planned=100)
    >>> round(found.high - found.value, 2)
    0.15
    """
    check_level(level)
    if planned < 1:
        raise BadInput("#/planned", "bound", f"planned is {planned}; at least one round is")
    error, units = standard_error(terms, user=user)
    # Rounds of a user count as one, whose spread is error * sqrt(units).
    reach = error * math.sqrt(units) * mixture(units, scale(planned, level), level)
    return Interval(terms.value, terms.value - reach, terms.value + reach, level, "sequence")


def mixture(n: int, rho: float, level: float) -> float:
    """How far from the mean of n normals of variance 1 the truth may lie.

        sqrt((n rho^2 + 1) / (n rho)^2 * ln((n rho^2 + 1) / alpha^2)),  alpha = 1 - level

    >>> round(mixture(100, 1.0, 0.95), 4)
    0.3273
    """
    grown = n * rho**2 + 1.0
    return math.sqrt(grown / (n * rho) ** 2 * math.log(grown / (1.0 - level) ** 2))


def scale(planned: int, level: float) -> float:
    """The rho for which the sequence is narrowest after `planned` units."""
    alpha = 1.0 - level
    return math.sqrt((-float(lambertw(-(alpha**2) / math.e, -1).real) - 1.0) / planned)
