"""An even draw: what is earned without any learning."""

from __future__ import annotations

from simulations.environments.base import Round
from simulations.environments.streams import Streams
from simulations.policies.base import POLICY, Choice


class Uniform:
    """Every candidate alike."""

    def __init__(self, seed: int) -> None:
        self._streams = Streams(POLICY, seed)

    def choose(self, visit: Round) -> Choice:
        k = len(visit.candidates)
        return Choice(int(self._streams.at(visit.t).integers(k)), 1.0 / k)

    def learn(self, visit: Round, choice: Choice, reward: float) -> None:
        """Nothing."""
