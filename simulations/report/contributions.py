"""Which features a model's weights speak for.

A candidate's score, minus its predicted cost, is a sum of products: a weight, times one feature's value or those of two
or three. Each product is shared out evenly among its features, so that the parts of a candidate add up to its score; of
a sum of products that is the Shapley value, with an absent feature as the base. A name stands for all its values.
Source: Shapley, A value for n-person games, 1953.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt

from bandit.arrays import Doubles, Floats
from bandit.catalog import placement_features
from bandit.context import split_context
from bandit.decide import Weights
from bandit.errors import BadInput
from bandit.features import EMPTY, Feature, Vector, hash_features, hash_numbered
from bandit.kernels.scoring import AD, CONSTANT, CONTEXT, FNV_PRIME, NONE, PLACEMENT, USER
from bandit.scoring import Terms
from bandit.shelf import Shelf, row_features

NAMESPACES = {USER: "User", CONTEXT: "Context", AD: "Ad", PLACEMENT: "Placement"}

Members = npt.NDArray[np.int64]  # [p, m] the features that each of p products is of


class Contribution(msgspec.Struct, frozen=True):
    """What one feature does to scores, in reward units; means over the candidates of all requests."""

    feature: str  # namespace and name, as `Context device`
    size: float  # mean absolute contribution
    apart: float  # the same of what it differs by between the candidates of a request: that alone ranks them


class Contributions(msgspec.Struct, frozen=True):
    """What the weights of one model speak for; the strongest feature first."""

    model: str  # which
    requests: int
    candidates: int  # of all requests together
    contributions: tuple[Contribution, ...]


class Named(NamedTuple):
    """A feature with a name, hashed: more than one index where its value is a list."""

    name: str
    group: int  # place in `UCAP`
    vector: Vector


def contributions(
    model: str, weights: Weights, shelf: Shelf, contexts: Iterable[Mapping[str, Any]], *, most: int = 50
) -> Contributions:
    """What each named feature adds to the scores of a shelf's candidates, for some requests.

    model     what it is called
    contexts  `context` of each request; its numbers are centred as when it is scored
    most      candidates looked at, evenly spaced among those of the shelf

    Raises BadInput for a feature out of bounds, or where there is no request or no candidate.
    """
    positions = np.unique(np.linspace(0, shelf.n - 1, min(most, shelf.n)).astype(np.int64)).tolist()
    candidates = [list(of_candidate(shelf, position)) for position in positions]
    totals: dict[str, Doubles] = {}  # by feature, sums of what `Contribution` has the means of
    requests = 0
    for context in contexts:
        asked = list(of_request(weights, shelf, context))
        told = [parts(weights.table, shelf.terms, [*asked, *candidate]) for candidate in candidates]
        requests += 1
        for name in dict.fromkeys(name for each in told for name in each):
            of = np.array([each.get(name, 0.0) for each in told])
            sums = np.array([np.abs(of).sum(), np.abs(of - of.mean()).sum()])
            totals[name] = totals.get(name, 0.0) + sums
    seen = requests * len(candidates)
    if not seen:
        raise BadInput("#/requests", "bound", f"{requests} requests and {len(candidates)} candidates say nothing")
    found = [Contribution(name, *(sums / seen).tolist()) for name, sums in totals.items()]
    return Contributions(model, requests, seen, tuple(sorted(found, key=lambda each: (-each.size, each.feature))))


def parts(table: Floats, terms: Terms, features: Sequence[Named]) -> dict[str, float]:
    """What each feature adds to one candidate's score; together, minus its predicted cost.

    features  of User, Context, Ad and Placement, in this order
    """
    vectors = [each.vector for each in features]
    owner = np.repeat(np.arange(len(features)), [vector.index.size for vector in vectors])
    group = np.repeat([each.group for each in features], [vector.index.size for vector in vectors])
    index = np.concatenate([np.zeros(0, np.uint32), *(vector.index for vector in vectors)])
    value = np.concatenate([np.zeros(0), *(vector.value for vector in vectors)])
    share = np.zeros(len(features))
    for members in _products(terms, group):
        mixed = np.zeros(len(members), np.uint32)
        for member in members.T:  # in this order, as kernels/scoring.py does
            mixed = (FNV_PRIME * mixed) ^ index[member]
        size = -table[mixed & np.uint32(table.size - 1)] * value[members].prod(axis=1)
        for member in members.T:
            share += np.bincount(owner[member], size / members.shape[1], len(share))
    named: dict[str, float] = {}
    for each, of in zip(features, share.tolist(), strict=True):
        name = f"{NAMESPACES[each.group]} {each.name}"
        named[name] = named.get(name, 0.0) + of
    constant = {"constant": -float(table[CONSTANT & np.uint32(table.size - 1)])} if terms.linear[NONE] else {}
    return named | constant


def _products(terms: Terms, group: Members) -> Iterator[Members]:
    """The products that have a weight, those of one interaction at a time."""
    yield np.flatnonzero(terms.linear[group])[:, None]
    for *groups, _, permuted in terms.interactions.tolist():
        wanted = [each for each in groups if each != NONE]
        grid = np.meshgrid(*(np.flatnonzero(group == each) for each in wanted), indexing="ij")
        members = np.stack([axis.ravel() for axis in grid], axis=1)
        for at, (one, other) in enumerate(pairwise(wanted)):
            if one == other and not permuted:  # features of one group: each set of them once
                members = members[members[:, at] <= members[:, at + 1]]
        yield members


def of_request(weights: Weights, shelf: Shelf, context: Mapping[str, Any]) -> Iterator[Named]:
    """The features of a request, ready to be scored. Raises BadInput for one out of bounds."""
    for group, features in zip((USER, CONTEXT), split_context(context), strict=True):
        for name, value in features.items():
            raw = hash_numbered(NAMESPACES[group], {name: value}, every=shelf.policy.learning.every)
            yield Named(name, group, weights.centre.of(raw))


def of_candidate(shelf: Shelf, position: int) -> Iterator[Named]:
    """The features of the shelf's candidate at this position."""
    ad, place = int(shelf.ad[position]), int(shelf.placement[position])
    known: list[tuple[int, Mapping[str, Feature]]] = [(AD, row_features(shelf, ad))]
    if shelf.places[place] is not EMPTY:  # the only placement: it has no features
        known.append((PLACEMENT, placement_features(shelf.placements[place])))
    for group, features in known:
        for name, value in features.items():
            hashed = hash_features(NAMESPACES[group], {name: value}, every=shelf.policy.learning.every)
            yield Named(name, group, hashed)
