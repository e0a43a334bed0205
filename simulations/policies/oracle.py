"""The oracle: what nobody can beat, since it is told."""

from __future__ import annotations

from simulations.environments.base import Round
from simulations.policies.base import Choice


class Oracle:
    """Shows the candidate that is truly worth most in this very round, the first of several. Its regret is 0."""

    def __init__(self, seed: int) -> None:
        """
        seed  not used: nothing is left to chance
        """

    def choose(self, visit: Round) -> Choice:
        return Choice(int(visit.value.argmax()), 1.0)

    def learn(self, visit: Round, choice: Choice, reward: float) -> None:
        """Nothing: it knows."""
