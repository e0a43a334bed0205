"""What the linear yardsticks go by: a round's features as an array, until the round is learned."""

from __future__ import annotations

import numpy as np

from bandit.arrays import Doubles
from simulations.environments.base import Round
from simulations.policies.columns import Columns


class Features:
    """Rounds as arrays: a constant 1, then the world's own numbers or, where it has none, the hashed context."""

    def __init__(self, *, standardised: bool) -> None:
        """
        standardised  scale what comes from a context, see `Columns`; a world's own numbers stay as they are
        """
        self._columns = Columns(standardised=standardised)
        self._open: dict[int, Doubles] = {}

    def of(self, visit: Round) -> Doubles:
        """[d] features; to be called once a round, in order."""
        numbers = visit.numbers
        if numbers is None:
            x = self._columns.of(visit)
        else:
            x = np.empty(numbers.size + 1)
            x[0], x[1:] = 1.0, numbers
        self._open[visit.t] = x
        return x

    def taken(self, visit: Round) -> Doubles:
        """The same of a round that is now learned, and forgotten here."""
        return self._open.pop(visit.t)
