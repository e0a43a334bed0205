"""What a policy would have earned, told from the rounds of a log in which it would have shown what was shown.

Of a log that drew evenly among the candidates these rounds are a fair sample of the policy's own, so even a policy that
learns as it goes can be played against it; it learns from no other round. Of any other log a fair sample is drawn by
rejection.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np

from bandit.arrays import Doubles, Flags
from bandit.errors import BadInput
from bandit.estimators.keyed import even
from bandit.estimators.logged import Indices, Logged
from bandit.estimators.rows import SUM_TOLERANCE, all_as, of_length
from bandit.estimators.terms import Terms

_ACCEPT, _PLACES = 2, 256  # stream of `keyed`; slots are numbers below this


@dataclass(frozen=True, slots=True, eq=False)
class Replayed:
    """The rounds that were kept of a log."""

    kept: Indices  # [m] rows of the log, rising
    reward: Doubles  # [m] theirs
    chance: Doubles  # [m] probability each had to be kept
    rounds: int  # n, how many the log had
    expected: float  # rounds that are kept on average if the log's propensities are right

    @property
    def matches(self) -> int:
        """m. Far from `expected`, in units of its square root, the log's propensities are wrong."""
        return len(self.reward)

    @property
    def match_rate(self) -> float:
        """m / n"""
        return self.matches / self.rounds

    @property
    def expected_rate(self) -> float:
        """The same as expected: for k even candidates 1 / k, for rejection 1 / M."""
        return self.expected / self.rounds

    @property
    def terms(self) -> Terms:
        """The rewards kept: plain where all rounds were kept with one chance, so that clicks can be counted.

        Else a mean in which each counts one over its chance, since rounds of few candidates match more often.

        Raises BadInput if none are kept: then the log says nothing of the policy.
        """
        if not self.matches:
            raise BadInput("#/rows", "bound", f"none of {self.rounds} rounds shows what the policy would have shown")
        if np.ptp(self.chance) <= SUM_TOLERANCE * self.chance[0]:
            return Terms(self.reward)
        return Terms(np.zeros(self.matches), self.reward / self.chance, 1 / self.chance)


class Offer(NamedTuple):
    """A round as a policy sees it: not what was shown, nor what it earned."""

    action: Indices  # [k]
    slot: int
    shared: Doubles  # [d]


class Player(Protocol):
    """A policy that may learn."""

    def choose(self, offer: Offer) -> int:
        """Position in the offer's candidates."""
        ...

    def learn(self, offer: Offer, chosen: int, reward: float) -> None:
        """Take in a round that showed what was chosen; others are never told of."""
        ...


def replay(logged: Logged, choice: Indices, *, first: int = 0) -> Replayed:
    """A fixed policy against a log that drew evenly.

    logged  as `checked` gives it
    choice  [n] candidate the policy shows, an index into `logged.action`; drawn beforehand if it draws
    first   row of the log that round 0 is

    Raises BadInput with the row if a propensity is not one over the candidates, or a choice is none of them.
    Source: Li, Chu, Langford & Wang, WSDM 2011.

    >>> log = Logged(np.array([0, 2, 4]), np.array([0, 1, 0, 1]), 2, None, np.array([0, 3]), np.array([0.5, 0.5]),
    ...     np.array([1.0, 0.0]), np.zeros(2, int), np.array([0, 1]), np.zeros((2, 0)))
    >>> found = replay(log, np.array([0, 2]))
    >>> found.terms.value, found.matches, found.expected
    (1.0, 1, 1.0)
    """
    of_length(logged.n, choice=choice)
    among = (choice >= logged.start[:-1]) & (choice < logged.start[1:])
    all_as("is one of its round's candidates", among, "choice", choice, first)
    return _kept(logged, choice == logged.chosen, _even_propensity(logged, first), first)


def replay_learning(parts: Iterable[Logged], player: Player) -> Replayed:
    """A policy that learns, against the parts of a log that drew evenly, one round after another.

    Raises BadInput with the row if a propensity is not one over the candidates, or the player's choice is none of
    them; and if there are no rounds.
    Source: Li, Chu, Langford & Wang, WSDM 2011.
    """
    found: list[Replayed] = []
    rounds = 0
    for part in parts:
        probability = _even_propensity(part, rounds)
        matched = np.fromiter(_played(part, player, rounds), bool, part.n)
        found.append(_kept(part, matched, probability, rounds))
        rounds += part.n
    return joined(found)


def rejection(logged: Logged, probability: Doubles, most: float, *, first: int = 0, seed: int = 0) -> Replayed:
    """A fixed policy against any log: a round is kept with probability target / (M propensity).

    What is kept is distributed as under the target policy. It has n / M rounds on average, which importance weights
    use better; it is for what wants a plain sample.

    logged       as `checked` gives it; decisions of one log have numbers of their own
    probability  [s] that the target policy shows each candidate
    most         M, at least 1 and at least as large as every target over propensity; see `largest_ratio`
    first        row of the log that round 0 is
    seed         of the draws, which depend on a round's decision and slot alone

    Raises BadInput with the row of a ratio above `most`.
    Source: von Neumann, 1951; Dudik, Erhan, Langford & Li, UAI 2012.
    """
    if not 1 <= most < np.inf:
        raise BadInput("#/most", "bound", f"most is {most}; it is finite and at least 1")
    of_length(len(logged.action), probability=probability)
    ratio = probability[logged.chosen] / logged.propensity
    all_as(f"is at most {most}", ratio <= most * (1 + SUM_TOLERANCE), "ratio", ratio, first)
    draw = even(logged.decision * _PLACES + logged.slot, seed=seed, stream=_ACCEPT)
    return _kept(logged, draw < ratio / most, np.full(logged.n, 1 / most), first)


def largest_ratio(logged: Logged, probability: Doubles) -> float:
    """M: the largest of target over served of all candidates, or at least 1.

    Not of the chosen alone, which would depend on chance. Raises BadInput with the row for a candidate that the target
    shows and the log never does, and if the log does not keep what all were served with.
    """
    if logged.served is None:
        raise BadInput("#/served", "unknown", "the log keeps the propensities of choices alone; state M")
    wanted = probability > 0
    missing = wanted & (logged.served <= 0)
    if missing.any():
        row = int(np.searchsorted(logged.start, missing.argmax(), side="right")) - 1
        raise BadInput(f"#/rows/{row}/served", "bound", "served is 0 for a candidate that the target policy shows")
    return max(1.0, float((probability[wanted] / logged.served[wanted]).max(initial=1.0)))


def joined(parts: Sequence[Replayed]) -> Replayed:
    """The parts of one log as one. Raises BadInput if there are none."""
    if not parts:
        raise BadInput("#/rows", "bound", "there are no rounds; at least one is wanted")
    return Replayed(
        np.concatenate([part.kept for part in parts]),
        np.concatenate([part.reward for part in parts]),
        np.concatenate([part.chance for part in parts]),
        sum(part.rounds for part in parts),
        sum(part.expected for part in parts),
    )


def _even_propensity(logged: Logged, first: int) -> Doubles:
    """[n] one over each round's candidates. Raises BadInput with the row if they were not drawn so."""
    length = np.diff(logged.start)
    probability: Doubles = 1.0 / length
    alike = np.abs(logged.propensity * length - 1) <= SUM_TOLERANCE
    wanted = "is one over the number of candidates in a log that can be replayed; use weights or rejection"
    all_as(wanted, alike, "propensity", logged.propensity, first)
    if logged.served is not None:
        uneven = np.abs(logged.served * np.repeat(length, length) - 1) > SUM_TOLERANCE
        worst: Doubles = np.maximum.reduceat(np.where(uneven, logged.served, 0), logged.start[:-1])
        all_as(wanted, worst == 0, "served", worst, first)
    return probability


def _played(logged: Logged, player: Player, first: int) -> Iterator[bool]:
    for row, (begin, end) in enumerate(zip(logged.start[:-1].tolist(), logged.start[1:].tolist(), strict=True)):
        offer = Offer(logged.action[begin:end], int(logged.slot[row]), logged.shared[row])
        chosen = player.choose(offer)
        if not 0 <= chosen < end - begin:
            detail = f"choice is {chosen}; it is one of {end - begin} candidates"
            raise BadInput(f"#/rows/{first + row}/choice", "bound", detail)
        matched = begin + chosen == logged.chosen[row]
        if matched:
            player.learn(offer, chosen, float(logged.reward[row]))
        yield bool(matched)


def _kept(logged: Logged, matched: Flags, probability: Doubles, first: int) -> Replayed:
    rows = np.flatnonzero(matched)
    return Replayed(rows + first, logged.reward[rows], probability[rows], logged.n, float(probability.sum()))
