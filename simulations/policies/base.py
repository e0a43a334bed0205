"""What every policy offers, and what a round gives it to go by."""

from __future__ import annotations

from typing import NamedTuple, Protocol, runtime_checkable

from simulations.environments.base import Environment, Round

POLICY = 5  # purpose of the random streams of policies


class Choice(NamedTuple):
    """What a policy shows."""

    chosen: int  # position in the round's candidates
    propensity: float | None  # probability it was drawn with, in (0, 1]; None where the policy knows none


class ChoosingPolicy(Protocol):
    """A policy with a seed, at work in one world."""

    def choose(self, visit: Round) -> Choice | None:
        """One of the round's candidates; None where nothing can be shown, of which nothing is learned.

        May be called for later rounds before earlier ones are learned.
        """
        ...

    def learn(self, visit: Round, choice: Choice, reward: float) -> None:
        """Take in what showing it was worth; once a round, in the order it becomes known."""
        ...


@runtime_checkable
class Foresighted(Protocol):
    """A policy that looks at the rounds of a run before it begins: a yardstick nobody could use in earnest."""

    def prepare(self, environment: Environment, rounds: int) -> None:
        """Look at rounds 0 to `rounds` of the world that will be played; called once, before any choice."""
        ...


def prepare(policy: ChoosingPolicy, environment: Environment, rounds: int) -> None:
    """Let a policy look ahead, if it is one that does; a runner calls this before the first round."""
    if isinstance(policy, Foresighted):
        policy.prepare(environment, rounds)
