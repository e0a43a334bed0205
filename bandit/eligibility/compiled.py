"""Rules of many campaigns as one table, made once a catalog version.

Every rule becomes a set of clauses that must all hold: a number with one bit a clause. What `any` and `not` say are
clauses, too, made of others. Rules that come to the same set are one row of the table, whoever has them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from bandit.arrays import Flags, Rowed
from bandit.eligibility.facts import During, Fact, Feels, Questions, Says, Space, accepted
from bandit.eligibility.rules import Targeting, Tests, Values, listed
from bandit.eligibility.safety import REASON as BRAND_SAFETY
from bandit.features import Feature

# In the order in which reasons are given: a rule that fails is counted under the first of its clauses that fails.
REASONS: Final = (
    "targeting.audience",
    "targeting.geography",
    "targeting.device",
    "targeting.daypart",
    "targeting.page",
    "targeting.query",
    "targeting.context",
    "targeting.any",
    "targeting.not",
    BRAND_SAFETY,
)
PASSED: Final = 255

Codes = npt.NDArray[np.uint8]


class AnyOf(NamedTuple):
    """One of these sets of clauses holds."""

    sets: frozenset[int]


class NotAll(NamedTuple):
    """Of this set of clauses one does not hold."""

    clauses: int


class Clause(NamedTuple):
    reason: str
    says: Fact | AnyOf | NotAll


class Clauses:
    """Clauses numbered as they come; those that a clause is made of come before it."""

    def __init__(self) -> None:
        self.bit: dict[Clause, int] = {}

    @property
    def ask_users(self) -> bool:
        """Whether some are about what is known of a user."""
        return any(isinstance(clause.says, Feels) and clause.says.space == "user" for clause in self.bit)

    def of(self, rule: Targeting | None) -> int:
        """The set of clauses that is a rule; the empty one is none."""
        if rule is None:
            return 0
        found = self.all(Clause(reason, fact) for reason, fact in _facts(rule))
        for inner in rule.all or ():
            found |= self.of(inner)
        if rule.any:
            found |= self.all([Clause("targeting.any", AnyOf(frozenset(map(self.of, rule.any))))])
        if rule.not_:
            found |= self.all([Clause("targeting.not", NotAll(self.of(rule.not_)))])
        return found

    def labelled(self, labels: Sequence[str]) -> int:
        """The set of one clause: that the page has one of these labels; the empty one for none."""
        if not labels:
            return 0
        return self.all([Clause("targeting.page", _feels("context", "page.labels", tuple(labels)))])

    def saying(self, phrases: Sequence[str]) -> int:
        """The set of one clause: that one of the phrases is in the query; it never holds for none."""
        return self.all([Clause("targeting.query", Says(frozenset(phrases)))])

    def all(self, clauses: Iterable[Clause]) -> int:
        """The set of some clauses."""
        found = 0
        for clause in clauses:
            found |= 1 << self.bit.setdefault(clause, len(self.bit))
        return found


class Compiled:
    """r sets of clauses, ready to be asked about requests."""

    __slots__ = ("_clause", "_code", "_made", "_questions", "_start", "_wanted", "n")

    def __init__(self, clauses: Clauses, sets: Sequence[tuple[int, int]]) -> None:
        """
        sets  clauses that must all hold, and clauses of which none may: labels of pages, for brand safety
        """
        self.n = len(clauses.bit)
        self._questions = Questions(
            (clause.says, bit) for clause, bit in clauses.bit.items() if not isinstance(clause.says, (AnyOf, NotAll))
        )
        made = ((clause.says, 1 << bit) for clause, bit in clauses.bit.items())
        self._made = tuple((says, bit) for says, bit in made if isinstance(says, (AnyOf, NotAll)))
        # Row by row each clause, whether it must hold, and the place of its reason; one that always holds ends a row.
        codes, unsafe = [REASONS.index(clause.reason) for clause in clauses.bit], REASONS.index(BRAND_SAFETY)
        rows = [
            [
                *((bit, True, codes[bit]) for bit in _bits(needed)),
                *((bit, False, unsafe) for bit in _bits(avoided)),
                (self.n, True, PASSED),
            ]
            for needed, avoided in sets
        ]
        self._start = np.cumsum([0, *map(len, rows)])[:-1]
        self._clause: Rowed = np.array([bit for row in rows for bit, _, _ in row], np.int32)
        self._wanted: Flags = np.array([wanted for row in rows for _, wanted, _ in row], np.bool_)
        self._code: Codes = np.array([code for row in rows for _, _, code in row], np.uint8)

    def truth(self, context: Mapping[str, Any], profile: Mapping[str, Feature], now: float) -> int:
        """All that `codes` has to know of a request; arguments as of `Questions.answered`."""
        return self._questions.answered(context, profile, now)

    def settled(self, truth: int) -> Flags:
        """bool[n + 1]: which clauses hold; the last always does.

        truth  as `truth` gives it
        """
        for says, bit in self._made:
            if isinstance(says, AnyOf):
                holds = any(truth & some == some for some in says.sets)
            else:
                holds = truth & says.clauses != says.clauses
            truth |= bit * holds
        packed = (truth | 1 << self.n).to_bytes(self.n // 8 + 1, "little")
        return np.unpackbits(np.frombuffer(packed, np.uint8), count=self.n + 1, bitorder="little").view(np.bool_)

    def codes(self, settled: Flags) -> Codes:
        """uint8[r]: the place in `REASONS` of the first clause of each set that fails, or PASSED."""
        failed: Codes = np.where(settled[self._clause] == self._wanted, np.uint8(PASSED), self._code)
        found: Codes = np.minimum.reduceat(failed, self._start)
        return found


def _facts(rule: Targeting) -> Iterator[tuple[str, Fact]]:
    yield from (("targeting.audience", fact) for fact in _each("user", rule.audience))
    for name, values in (("country", rule.country), ("region", rule.region), ("city", rule.city)):
        if values:
            yield "targeting.geography", _feels("context", f"geo.{name}", values)
    if rule.device:
        yield "targeting.device", _feels("context", "device", rule.device)
    if rule.hours:
        yield "targeting.daypart", During(rule.hours)
    if rule.page:
        for name, values in (("type", rule.page.type), ("id", rule.page.id), ("labels", rule.page.labels)):
            if values:
                yield "targeting.page", _feels("context", f"page.{name}", values)
    if rule.query:
        yield "targeting.query", Says(frozenset(listed(rule.query)))
    yield from (("targeting.context", fact) for fact in _each("context", rule.context))


def _each(space: Space, tests: Tests | None) -> Iterator[Feels]:
    yield from (Feels(space, name, accepted(test)) for name, test in (tests or {}).items())


def _feels(space: Space, name: str, values: Values) -> Feels:
    return Feels(space, name, accepted(values))


def _bits(some: int) -> Iterator[int]:
    while some:
        yield (some & -some).bit_length() - 1
        some &= some - 1
