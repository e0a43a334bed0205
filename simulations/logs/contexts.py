"""What was known of requests as rows of numbers, for reward models. Columns are picked once, from a log's beginning."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from bandit.arrays import Doubles

SAMPLE = 10_000  # requests whose features decide which columns there are
COLUMNS = 48  # at most; the commonest values get them

_Leaf = tuple[str, str | None]  # name of a number; or name and value of a text
_AS_IS = 0.0, 1.0  # mean and reach of what is 1


class Columns:
    """Numbers within [-1, 1], less their mean; texts and flags as 1 where they are.

    >>> columns = Columns([{"hour": 0, "device": "mobile"}, {"hour": 2, "device": "tablet"}, {"hour": 1}])
    >>> columns.names
    ('hour', 'device=mobile', 'device=tablet')
    >>> columns.of([{"hour": 2, "device": "tablet"}, {"device": "watch"}]).round(2).tolist()
    [[0.61, 0.0, 1.0], [0.0, 0.0, 0.0]]
    """

    def __init__(self, sample: Iterable[Mapping[str, Any]]) -> None:
        """
        sample  contexts, with one level of nesting at most
        """
        counts: Counter[_Leaf] = Counter()
        sums: dict[_Leaf, list[float]] = {}
        for context in sample:
            for leaf, value in _leaves(context):
                counts[leaf] += 1
                if leaf[1] is None:
                    sums.setdefault(leaf, []).append(value)
        kept = [leaf for leaf, _ in counts.most_common(COLUMNS)]
        self._at = {leaf: place for place, leaf in enumerate(kept)}
        self._scale = {leaf: _scale(values) for leaf, values in sums.items() if leaf in self._at}

    @property
    def names(self) -> tuple[str, ...]:
        """What each column says."""
        return tuple(name if value is None else f"{name}={value}" for name, value in self._at)

    def of(self, contexts: Sequence[Mapping[str, Any]]) -> Doubles:
        """[n, d] their numbers; 0 where a context says nothing, or what no column is for."""
        found = np.zeros((len(contexts), len(self._at)))
        at, scale = self._at, self._scale
        for row, context in zip(found, contexts, strict=True):
            for leaf, value in _leaves(context):
                place = at.get(leaf)
                if place is None:
                    continue
                centre, reach = scale.get(leaf, _AS_IS)
                row[place] = min(max((value - centre) / reach, -1.0), 1.0)
        return found


def _scale(values: Sequence[float]) -> tuple[float, float]:
    """Mean, and two standard deviations."""
    spread = float(np.std(values))
    return float(np.mean(values)), 2.0 * spread if spread > 0.0 else 1.0


def _leaves(context: Mapping[str, Any], above: str = "") -> Iterator[tuple[_Leaf, float]]:
    for name, value in context.items():
        kind = value.__class__
        if kind is str:
            yield (above + name, value), 1.0
        elif kind is bool:
            yield (above + name, "true" if value else "false"), 1.0
        elif kind is int or kind is float:
            yield (above + name, None), float(value)
        elif kind is list:
            yield from (((above + name, text), 1.0) for text in value)
        elif kind is dict:
            yield from _leaves(value, f"{above}{name}.")
