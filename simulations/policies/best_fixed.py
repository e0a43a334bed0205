"""The best fixed ad in hindsight: what could be earned without looking at who comes."""

from __future__ import annotations

import numpy as np

from simulations.environments.base import Environment, Round
from simulations.policies.base import Choice
from simulations.policies.rows import Rows


class BestFixed:
    """Shows, of a round's candidates, the one that is worth most in the mean of the rounds of the run it stands in.

    Where every round has the same candidates that is one ad throughout, and no policy that knows nothing of the round
    earns more in the mean. It looks at the whole run beforehand, at what is worth what before anything wears off.
    Source: the comparator of regret in Auer, Cesa-Bianchi, Freund & Schapire, SIAM Journal on Computing 2002.
    """

    def __init__(self, seed: int) -> None:
        """
        seed  not used: nothing is left to chance
        """
        self._rows = Rows()
        self._worth = np.zeros(0)  # [n] mean worth of each candidate

    def prepare(self, environment: Environment, rounds: int) -> None:
        total: dict[int, float] = {}
        stood: dict[int, int] = {}
        for t in range(rounds):
            visit = environment.round(t)
            for row, value in zip(self._rows.of(visit.candidates).tolist(), visit.value.tolist(), strict=True):
                total[row] = total.get(row, 0.0) + value
                stood[row] = stood.get(row, 0) + 1
        self._worth = np.array([total[row] / stood[row] for row in range(len(self._rows))])

    def choose(self, visit: Round) -> Choice:
        """Raises RuntimeError if `prepare` has not been called."""
        if not len(self._worth):
            raise RuntimeError("the best fixed ad is known only after `prepare` has seen the rounds")
        rows = self._rows.of(visit.candidates)
        return Choice(int(self._worth[rows].argmax()), 1.0)

    def learn(self, visit: Round, choice: Choice, reward: float) -> None:
        """Nothing."""
