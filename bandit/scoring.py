"""Candidates to predicted costs, on a weight table and without any Vowpal Wabbit object.

Terms     what a learning config multiplies with what, compiled once a model
Rows      the features of all templates, or all placements, of a catalog, stacked once a catalog
standing  the part of a candidate's score that no request changes, summed once a model and catalog
scores    one request's candidates, by row
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bandit.arrays import Floats, Rowed
from bandit.config import GROUPS, Learning
from bandit.features import EMPTY, Vector
from bandit.kernels import scoring


@dataclass(frozen=True, slots=True, eq=False)
class Terms:
    """Which features, and which products of features, have a weight."""

    interactions: npt.NDArray[np.uint8]  # [m, 5] see kernels/scoring.py
    linear: npt.NDArray[np.uint8]  # [5] by group, then of the constant
    moving_interactions: npt.NDArray[np.uint8]  # those that a request has a part in
    moving_linear: npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """Feature vectors end to end."""

    start: npt.NDArray[np.int32]  # [n + 1] row r is [start[r], start[r + 1])
    feature: npt.NDArray[np.int32]  # position of each feature's index in `distinct`
    distinct: npt.NDArray[np.uint32]  # indices
    value: npt.NDArray[np.float32]


def terms(learning: Learning) -> Terms:
    """Compile a config's interactions, `ignore_linear` and `constant`."""
    linear = [*(letter not in learning.ignore_linear for letter in GROUPS), learning.constant]
    wanted = effective(learning.interactions)
    moving = [term for term in wanted if "U" in term or "C" in term]
    moving_linear = np.array([*linear[:2], False, False, False], np.uint8)
    tables = (_table(some, learning.permutations) for some in (wanted, moving))
    return Terms(next(tables), np.array(linear, np.uint8), next(tables), moving_linear)


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
    """Feature vectors as rows, in order; what many have in common stands once in `distinct`."""
    start = np.cumsum([0, *(vector.index.size for vector in vectors)], dtype=np.int32)
    index = np.concatenate([np.zeros(0, np.uint32), *(vector.index for vector in vectors)])
    value = np.concatenate([np.zeros(0, np.float32), *(vector.value for vector in vectors)])
    distinct, feature = np.unique(index, return_inverse=True)
    return Rows(start, feature.astype(np.int32), distinct, value)


def standing(weights: Floats, terms: Terms, ads: Rows, placements: Rows, template: Rowed, placement: Rowed) -> Floats:
    """float32[k] what each candidate's score is without its request; arguments as of `scores`."""
    return scores(weights, terms, EMPTY, EMPTY, ads, placements, template, placement)


def scores(
    weights: Floats,
    terms: Terms,
    user: Vector,
    context: Vector,
    ads: Rows,
    placements: Rows,
    template: Rowed,
    placement: Rowed,
    standing: Floats | None = None,
) -> Floats:
    """Predicted cost [k] of each candidate; lower is better.

    weights    [2**b] C-contiguous, finite
    template   [k] row of each candidate in `ads`, in [0, n), not checked; placement likewise
    standing   [k] what `standing` gave for these, which is then not summed again
    """
    if standing is None:
        interactions, linear = terms.interactions, terms.linear
        standing = np.zeros(len(template), np.float32)
    else:
        interactions, linear = terms.moving_interactions, terms.moving_linear
    result: Floats = scoring.score(
        weights, interactions, linear, user.index, user.value, context.index, context.value,
        ads.start, ads.feature, ads.distinct, ads.value,
        placements.start, placements.feature, placements.distinct, placements.value, template, placement, standing,
    )  # fmt: skip
    return result


def _table(interactions: Sequence[str], permuted: bool) -> npt.NDArray[np.uint8]:
    rows = [[*[*map(GROUPS.index, term), scoring.NONE][:3], _summed_for(term), permuted] for term in interactions]
    return np.array(rows, np.uint8).reshape(-1, scoring.WIDTH)


def _summed_for(term: str) -> int:
    candidate = set(term) & set("AP")
    if len(candidate) == 2:
        return scoring.PER_CANDIDATE
    if not candidate:
        return scoring.PER_REQUEST
    if len(term) == 2 and set(term) & set("UC"):
        return scoring.PER_AD_FEATURE if "A" in term else scoring.PER_PLACEMENT_FEATURE
    return scoring.PER_TEMPLATE if "A" in term else scoring.PER_PLACEMENT
