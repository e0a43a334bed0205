"""LinTS: a linear model a candidate, each drawn from what is believed of it."""

from __future__ import annotations

from simulations.environments.base import Round
from simulations.environments.streams import Streams
from simulations.kernels.ridge import sampled
from simulations.policies.base import POLICY, Choice
from simulations.policies.ridge import Ridge


class LinTs:
    """Shows the largest draw from Normal(mean, spread * standard error).

    Candidates share no weights, so drawing the scores is drawing the weights.

    spread                 factor on the standard errors
    penalty, standardised  as of LinUcb
    Source: Agrawal & Goyal, Thompson Sampling for Contextual Bandits with Linear Payoffs, ICML 2013.
    """

    def __init__(self, seed: int, *, spread: float = 0.2, penalty: float = 10.0, standardised: bool = True) -> None:
        self._streams = Streams(POLICY, seed)
        self._spread = spread
        self._ridge = Ridge(penalty=penalty, standardised=standardised)

    def choose(self, visit: Round) -> Choice:
        ridge = self._ridge
        rows, x = ridge.meet(visit)
        normal = self._streams.at(visit.t).standard_normal(rows.size)
        return Choice(sampled(ridge.inverse, ridge.moment, rows, x, self._spread, normal), None)

    def learn(self, visit: Round, choice: Choice, reward: float) -> None:
        self._ridge.update(visit, choice.chosen, reward)
