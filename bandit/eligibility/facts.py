"""What rules ask of a request, one bit a question: all are answered by looking up each feature once.

However many campaigns ask which device it is, the request's device is read once, and one look into a table gives
the bits of all the questions that it answers with yes.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any, Literal, NamedTuple

from bandit.eligibility.hours import Clock
from bandit.eligibility.keywords import Phrases
from bandit.eligibility.rules import Hours, Range, Test
from bandit.eligibility.texts import LONGEST, fold
from bandit.features import Feature

Span = tuple[float, float]
Space = Literal["user", "context"]
_NEVER, _EVER = float("-inf"), float("inf")
_NOTHING: dict[str, Any] = {}


class Accepted(NamedTuple):
    """The values of a feature that are a yes; of a list of values one must be."""

    texts: frozenset[str] = frozenset()  # folded
    flags: frozenset[bool] = frozenset()
    spans: frozenset[Span] = frozenset()  # of numbers, both ends included; no two overlap


class Feels(NamedTuple):
    """Whether a feature of the user or of the request is one of those values."""

    space: Space
    name: str
    accepted: Accepted


class Says(NamedTuple):
    """Whether one of the phrases is in the query."""

    phrases: frozenset[str]


class During(NamedTuple):
    """Whether it is that part of a day."""

    hours: Hours


Fact = Feels | Says | During


def accepted(test: Test) -> Accepted:
    """What a test lets through.

    >>> accepted(("Blue", True))
    Accepted(texts=frozenset({'blue'}), flags=frozenset({True}), spans=frozenset())
    """
    if isinstance(test, Range):
        low = _NEVER if test.at_least is None else test.at_least
        return Accepted(spans=frozenset([(low, _EVER if test.at_most is None else test.at_most)]))
    some = test if isinstance(test, tuple) else (test,)
    return Accepted(
        frozenset(fold(value) for value in some if isinstance(value, str)),
        frozenset(value for value in some if isinstance(value, bool)),
        frozenset((value, value) for value in some if isinstance(value, (int, float)) and not isinstance(value, bool)),
    )


class Questions:
    """Facts, and the bit that each stands for."""

    __slots__ = ("_clock", "_context", "_phrases", "_user")

    def __init__(self, facts: Iterable[tuple[Fact, int]]) -> None:
        """
        facts  each with its number, which is that of its bit
        """
        facts = tuple(facts)
        self._clock = Clock([(bit, fact.hours) for fact, bit in facts if isinstance(fact, During)])
        said = [(phrase, 1 << bit) for fact, bit in facts if isinstance(fact, Says) for phrase in fact.phrases]
        self._phrases = Phrases(said) if said else None
        feels = [(fact, 1 << bit) for fact, bit in facts if isinstance(fact, Feels)]
        self._user = _by_name(((fact, bits) for fact, bits in feels if fact.space == "user"))
        self._context = _by_name(((fact, bits) for fact, bits in feels if fact.space == "context"))

    def answered(self, context: Mapping[str, Any], profile: Mapping[str, Feature], now: float) -> int:
        """The bits of all that holds, as one number.

        context  of the request, one level of objects at most; a feature that is not there is a no
        profile  features of the user; what it does not have is looked for in `context.user`
        now      seconds since 1970
        """
        found = self._clock.holds(now)
        if self._phrases and (query := context.get("query")) is not None:
            found |= self._phrases.found(query)
        if self._user:
            told = context.get("user")
            own = told if isinstance(told, dict) else _NOTHING
            for name, _, _, values in self._user:
                value = profile.get(name)
                if value is not None or (value := own.get(name)) is not None:
                    found |= values.fitting(value)
        for name, outer, inner, values in self._context:
            told = context.get(outer) if inner else None
            value = told.get(inner) if isinstance(told, dict) else None
            if value is not None or (value := context.get(name)) is not None:
                found |= values.fitting(value)
        return found


class _Values:
    """Of one feature: which bits each of its values stands for."""

    __slots__ = ("_at", "_between", "_edges", "_flags", "_texts")

    def __init__(self, some: Iterable[tuple[Accepted, int]]) -> None:
        texts: defaultdict[str, int] = defaultdict(int)
        flags = [0, 0]
        begin: defaultdict[float, int] = defaultdict(int)
        end: defaultdict[float, int] = defaultdict(int)
        for values, bits in some:
            for text in values.texts:
                texts[text] |= bits
            for flag in values.flags:
                flags[flag] |= bits
            for low, high in values.spans:
                begin[low] |= bits
                end[high] |= bits
        self._texts, self._flags = dict(texts), flags
        # `at[i]` holds on the edge, `between[i]` below it and above the one before.
        self._edges = sorted(begin.keys() | end.keys())
        self._at: list[int] = []
        self._between = [0]
        for edge in self._edges:
            self._at.append(self._between[-1] | begin[edge])
            self._between.append(self._at[-1] & ~end[edge])

    def fitting(self, value: object) -> int:
        """The bits of the facts that this value makes true."""
        kind = value.__class__
        if kind is str:
            return self._of_text(value)  # type: ignore[arg-type]
        if isinstance(value, bool):
            return self._flags[value]
        if isinstance(value, (int, float)):
            return self._of_number(value)
        found = 0
        for text in value if isinstance(value, list) else ():
            if isinstance(text, str):
                found |= self._of_text(text)
        return found

    def _of_text(self, text: str) -> int:
        return self._texts.get(fold(text), 0) if len(text) <= LONGEST else 0

    def _of_number(self, number: float) -> int:
        i = bisect_left(self._edges, number)
        if i < len(self._edges) and self._edges[i] == number:
            return self._at[i]
        return self._between[i] if number == number else 0  # noqa: PLR0124  NaN is nowhere


def _by_name(feels: Iterable[tuple[Feels, int]]) -> tuple[tuple[str, str, str, _Values], ...]:
    """Name, the part before its first dot and the part after, and the table."""
    named: defaultdict[str, list[tuple[Accepted, int]]] = defaultdict(list)
    for fact, bits in feels:
        named[fact.name].append((fact.accepted, bits))
    return tuple((name, *_apart(name), _Values(some)) for name, some in named.items())


def _apart(name: str) -> tuple[str, str]:
    outer, _, inner = name.partition(".")
    return outer, inner
