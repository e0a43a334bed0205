"""Candidates to predicted costs, on a weight table and without any Vowpal Wabbit object.

Terms     what a learning config multiplies with what, compiled once a model
Rows      the features of all templates, or all placements, of a catalog, stacked once a catalog
scores    one request's candidates, by row
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bandit.config import GROUPS, Learning
from bandit.features import Vector
from bandit.kernels import scoring


@dataclass(frozen=True, slots=True, eq=False)
class Terms:
    """Which features, and which products of features, have a weight."""

    interactions: npt.NDArray[np.uint8]  # [m, 4] see kernels/scoring.py
    linear: npt.NDArray[np.uint8]  # [5] by group, then of the constant


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """Feature vectors end to end."""

    start: npt.NDArray[np.int32]  # [n + 1] row r is [start[r], start[r + 1])
    index: npt.NDArray[np.uint32]
    value: npt.NDArray[np.float32]


def terms(learning: Learning) -> Terms:
    """Compile a config's interactions, `ignore_linear` and `constant`."""
    table = [
        [*[*map(GROUPS.index, term), scoring.NONE][:3], _summed_for(term)] for term in effective(learning.interactions)
    ]
    linear = [*(letter not in learning.ignore_linear for letter in GROUPS), learning.constant]
    return Terms(np.array(table, np.uint8).reshape(-1, 4), np.array(linear, np.uint8))


def effective(interactions: Iterable[str]) -> tuple[str, ...]:
    """The interactions as Vowpal Wabbit takes them.

    The order of letters is part of the hash and kept, unless a letter repeats: then they are sorted. Of
    those that have the same letters only the first in the alphabet counts.
    Source: VW `interactions.h`, sort_and_filter_duplicate_interactions; the rule for duplicates is measured.

    >>> effective(["UA", "PAP", "AU"])
    ('AU', 'APP')
    """
    first: dict[str, str] = {}
    for term in sorted(interactions):
        letters = "".join(sorted(term))
        first.setdefault(letters, letters if len(set(term)) < len(term) else term)
    return tuple(first.values())


def stack(vectors: Sequence[Vector]) -> Rows:
    """Feature vectors as rows, in order."""
    start = np.cumsum([0, *(vector.index.size for vector in vectors)], dtype=np.int32)
    index = np.concatenate([np.zeros(0, np.uint32), *(vector.index for vector in vectors)])
    value = np.concatenate([np.zeros(0, np.float32), *(vector.value for vector in vectors)])
    return Rows(start, index, value)


def scores(
    weights: npt.NDArray[np.float32],
    terms: Terms,
    user: Vector,
    context: Vector,
    ads: Rows,
    placements: Rows,
    template: npt.NDArray[np.int32],
    placement: npt.NDArray[np.int32],
) -> npt.NDArray[np.float32]:
    """Predicted cost [k] of each candidate; lower is better.

    weights    [2**b] C-contiguous, finite
    template   [k] row of each candidate in `ads`, in [0, n), not checked; placement likewise
    """
    result: npt.NDArray[np.float32] = scoring.score(
        weights, terms.interactions, terms.linear, user.index, user.value, context.index, context.value,
        ads.start, ads.index, ads.value, placements.start, placements.index, placements.value,
        template, placement,
    )  # fmt: skip
    return result


def _summed_for(term: str) -> int:
    if "A" in term and "P" in term:
        return scoring.PER_CANDIDATE
    return scoring.PER_TEMPLATE if "A" in term else scoring.PER_PLACEMENT if "P" in term else scoring.PER_REQUEST
