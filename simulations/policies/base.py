"""What every policy offers, and what a round gives it to go by."""

from __future__ import annotations

from typing import NamedTuple, Protocol

from simulations.environments.base import Round

POLICY = 5  # purpose of the random streams of policies


class Choice(NamedTuple):
    """What a policy shows."""

    chosen: int  # position in the round's candidates
    propensity: float | None  # probability it was drawn with, in (0, 1]; None where the policy knows none


class ChoosingPolicy(Protocol):
    """A policy with a seed, at work in one world."""

    def choose(self, visit: Round) -> Choice:
        """One of the round's candidates. May be called for later rounds before earlier ones are learned."""
        ...

    def learn(self, visit: Round, choice: Choice, reward: float) -> None:
        """Take in what showing it was worth; once a round, in the order of rounds."""
        ...
