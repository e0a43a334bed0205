"""What every log offers: its actions, and its rounds batch by batch in the order they were logged."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import polars as pl

from bandit.arrays import Flags
from bandit.config import Learning, Policy
from bandit.estimators.logged import Indices, Logged
from bandit.records import Outcome
from bandit.shelf import Shelf

CANDIDATES = 2_000_000  # of a batch: 16 MB for each number a candidate has
ROUNDS = 100_000  # of a batch at most

Shelves = Callable[[Outcome], Shelf]


class Asked(NamedTuple):
    """One round as a policy is asked about it."""

    context: Mapping[str, Any]  # what was known of the request
    candidates: Sequence[Mapping[str, Any]]  # [k] each with its name as `action`, and whatever is known of it
    slot: int


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """Rounds that stand together in a log; a decision is never cut in two."""

    first: int  # rounds of the log before these
    logged: Logged
    rows: pl.DataFrame  # [n] the log's own rows, `decision` among their columns


class Log(Protocol):
    """A log that was looked through once: what it holds is known, and read again with every pass."""

    @property
    def name(self) -> str:
        """Where it is and what was taken of it, for people."""
        ...

    @property
    def rounds(self) -> int:
        """How many rounds there are."""
        ...

    @property
    def actions(self) -> tuple[str, ...]:
        """Name of each action, by number."""
        ...

    @property
    def policy(self) -> Policy:
        """The policy that it is the log of; a default one where nobody knows."""
        ...

    def batches(self, *, features: bool = False) -> Iterator[Batch]:
        """All rounds, in order; the same with every pass.

        features  whether `shared` is wanted; without, it has no columns

        Raises BadInput naming row and column of what no log can hold.
        """
        ...

    def clash(self, actions: Indices) -> Flags:
        """[k, k] whether, on one page, showing the row's action rules out the column's."""
        ...

    def asked(self, batch: Batch) -> Iterator[Asked]:
        """What a policy is asked, round by round."""
        ...

    def outcomes(self, batch: Batch) -> Iterator[Outcome]:
        """The batch's decisions as the engine learns them."""
        ...

    def shelves(self, learning: Learning | None) -> Shelves:
        """Where the candidates of an outcome stand, laid out for a `learning` config; None: of `policy`."""
        ...


def batch_rounds(candidates: float) -> int:
    """Rounds a batch should have, when a round has so many candidates on average."""
    return int(max(1, min(ROUNDS, CANDIDATES / max(candidates, 1.0))))
