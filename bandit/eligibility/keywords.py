"""Words and phrases found in what a shopper searches for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from bandit.eligibility.texts import words

REASON: Final = "query"  # of a campaign without a keyword in the query, in a search placement


class _Node:
    """Where the words read so far lead."""

    __slots__ = ("after", "bits")

    def __init__(self) -> None:
        self.after: dict[str, _Node] = {}  # by the next word
        self.bits = 0  # of the phrases that end here


class Phrases:
    """Phrases with the bits that each stands for. However many there are, a query is read once.

    >>> Phrases([("running shoes", 1), ("shoes", 2), ("sandals", 4)]).found("Cheap running-shoes")
    3
    """

    __slots__ = ("_first",)

    def __init__(self, phrases: Iterable[tuple[str, int]]) -> None:
        self._first = _Node()
        for text, bits in phrases:
            node = self._first
            for word in words(text):
                node = node.after.setdefault(word, _Node())
            node.bits |= bits
        self._first.bits = 0  # a text without a word is found nowhere

    def found(self, query: object) -> int:
        """Bits of the phrases whose words stand in the query, one right after the other.

        query  a text; of a list of texts, any of them; none is found in anything else
        """
        found = 0
        for text in query if isinstance(query, list) else (query,):
            if isinstance(text, str):
                found |= self._in(words(text))
        return found

    def _in(self, parts: Sequence[str]) -> int:
        found = 0
        for i in range(len(parts)):
            node: _Node | None = self._first
            for word in parts[i:]:
                node = node.after.get(word) if node else None
                if node is None:
                    break
                found |= node.bits
        return found
