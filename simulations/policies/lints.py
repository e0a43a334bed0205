"""LinTS: a linear model a candidate, each drawn from what is believed of it."""

from __future__ import annotations

import numpy as np

from simulations.environments.base import Round, stream
from simulations.policies.base import POLICY, Choice
from simulations.policies.ridge import Ridge


class LinTs:
    """Shows the largest draw from Normal(mean, spread * standard error).

    Candidates share no weights, so drawing the scores is drawing the weights.
    Source: Agrawal & Goyal, Thompson Sampling for Contextual Bandits with Linear Payoffs, ICML 2013.
    """

    def __init__(self, seed: int, *, spread: float, penalty: float = 10.0, standardised: bool = True) -> None:
        self._seed = seed
        self._spread = spread
        self._ridge = Ridge(penalty=penalty, standardised=standardised)

    def choose(self, visit: Round) -> Choice:
        mean, error = self._ridge.predict(visit)
        drawn = stream(POLICY, self._seed, visit.t).standard_normal(mean.size)
        return Choice(int(np.argmax(mean + self._spread * error * drawn)), None)

    def learn(self, visit: Round, choice: Choice, reward: float) -> None:
        self._ridge.update(visit, choice.chosen, reward)
