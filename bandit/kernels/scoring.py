"""Predicted cost of every candidate, from the weight table Vowpal Wabbit learned.

Compiler options: see jit.py. The sum is VW's own, in another order: what depends on the request alone is
summed once, what depends on a template once a template, on a placement once a placement, the rest once a
candidate. A pair of the request's features with a candidate's is summed over the request once for each distinct
feature that candidates have: fifty templates of one brand ask the table for that brand once. Sums are kept in
float64, so scores agree with VW's float32 sums to their rounding.
Source: VW `gd_predict.h`, `interactions_predict.h`.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from bandit.kernels.jit import F32, F32_OUT, I32, U8, U8_TABLE, U32, inner, kernel

Weights = npt.NDArray[np.float32]
Indices = npt.NDArray[np.uint32]
Values = npt.NDArray[np.float32]
Rows = npt.NDArray[np.int32]
Ends = npt.NDArray[np.int64]  # [5] group g holds [ends[g], ends[g + 1]) of the features at hand
Table = npt.NDArray[np.uint8]
Flags = npt.NDArray[np.uint8]
Term = tuple[int, int, int, bool]  # groups, NONE after a pair, and whether permutations are wanted
Sums = npt.NDArray[np.float64]
Partners = tuple[int, Indices, Values]
Stacked = tuple[Rows, Rows, Indices, Values]  # start, feature, distinct, value: see `score`

USER, CONTEXT, AD, PLACEMENT, NONE = 0, 1, 2, 3, 4  # groups, in the order of `U C A P`; NONE fills up a pair
WIDTH = 5  # columns of a table of interactions
# What an interaction must be summed for.
PER_REQUEST, PER_TEMPLATE, PER_PLACEMENT, PER_CANDIDATE = 0, 1, 2, 3
PER_AD_FEATURE, PER_PLACEMENT_FEATURE = 4, 5  # pairs of the request with a template, with a placement
CONSTANT = np.uint32(11650396)  # VW's constant feature
FNV_PRIME = np.uint32(16777619)  # mixes the indices of an interaction


@inner
def _linear(weights: Weights, index: Indices, value: Values, start: int, stop: int) -> float:
    return _crossed(weights, np.uint32(0), index, value, start, stop)


@inner
def _crossed(weights: Weights, half: np.uint32, index: Indices, value: Values, start: int, stop: int) -> float:
    mask = np.uint32(weights.size - 1)
    total = 0.0
    for i in range(start, stop):
        total += value[i] * weights[(half ^ index[i]) & mask]
    return total


@inner
def _pair(weights: Weights, term: Term, ends: Ends, index: Indices, value: Values) -> float:
    """Two groups; a group with itself gives combinations, unless permutations are wanted."""
    first, second, _, permuted = term
    total = 0.0
    for i in range(ends[first], ends[first + 1]):
        start = i if first == second and not permuted else ends[second]
        half = np.uint32(FNV_PRIME * index[i])
        total += value[i] * _crossed(weights, half, index, value, start, ends[second + 1])
    return total


@inner
def _triple(weights: Weights, term: Term, ends: Ends, index: Indices, value: Values) -> float:
    first, second, third, permuted = term
    total = 0.0
    for i in range(ends[first], ends[first + 1]):
        half = np.uint32(FNV_PRIME * index[i])
        for j in range(i if first == second and not permuted else ends[second], ends[second + 1]):
            start = j if second == third and not permuted else ends[third]
            deeper = np.uint32(FNV_PRIME * (half ^ index[j]))
            total += value[i] * value[j] * _crossed(weights, deeper, index, value, start, ends[third + 1])
    return total


@inner
def _interactions(weights: Weights, terms: Table, wanted: int, ends: Ends, index: Indices, value: Values) -> float:
    total = 0.0
    for m in range(terms.shape[0]):
        if terms[m, 3] != wanted:
            continue
        term = (int(terms[m, 0]), int(terms[m, 1]), int(terms[m, 2]), terms[m, 4] != 0)
        if terms[m, 2] == NONE:
            total += _pair(weights, term, ends, index, value)
        else:
            total += _triple(weights, term, ends, index, value)
    return total


@inner
def _has(terms: Table, kind: int) -> bool:
    found = False
    for m in range(terms.shape[0]):
        found = found or terms[m, 3] == kind
    return found


@inner
def _alone(terms: Table, linear: Flags, group: int) -> bool:
    """Whether anything but pairs with the request is to be summed for each template, or each placement."""
    return linear[group] != 0 or _has(terms, PER_TEMPLATE if group == AD else PER_PLACEMENT)


@inner
def _by_itself(
    weights: Weights, terms: Table, linear: Flags, group: int, ends: Ends, index: Indices, value: Values
) -> float:
    """That sum, over the features that are in place."""
    total = _interactions(weights, terms, PER_TEMPLATE if group == AD else PER_PLACEMENT, ends, index, value)
    if linear[group]:
        total += _linear(weights, index, value, ends[group], ends[group + 1])
    return total


@inner
def _take(ends: Ends, group: int, rows: Stacked, row: int, index: Indices, value: Values) -> None:
    """Put a row's features in place as a group's, behind those of the group before."""
    start, feature, distinct, values = rows
    place = ends[group]
    for i in range(start[row], start[row + 1]):
        index[place] = distinct[feature[i]]
        value[place] = values[i]
        place += 1
    ends[group + 1] = place


@inner
def _partners(terms: Table, kind: int, ends: Ends, index: Indices, value: Values) -> Partners:
    """The request's features that pairs of this kind put with each feature of a candidate.

    Returns how many there are whose product stands before the candidate's, their indices and values; those that stand
    behind it follow. The former are mixed already.
    """
    most = terms.shape[0] * ends[AD]
    key, factor = np.empty(most, np.uint32), np.empty(most, np.float32)
    n = before = 0
    for candidate_first in (False, True):
        for m in range(terms.shape[0]):
            if terms[m, 3] == kind and (terms[m, 0] > CONTEXT) == candidate_first:
                group = terms[m, 1] if candidate_first else terms[m, 0]
                for i in range(ends[group], ends[group + 1]):
                    key[n] = index[i] if candidate_first else np.uint32(FNV_PRIME * index[i])
                    factor[n] = value[i]
                    n += 1
        before = before if candidate_first else n
    return before, key[:n], factor[:n]


@inner
def _met(weights: Weights, partners: Partners, feature: np.uint32) -> float:
    """One feature of candidates with all its partners."""
    before, key, factor = partners
    mask = np.uint32(weights.size - 1)
    total = 0.0
    for i in range(before):
        total += factor[i] * weights[(key[i] ^ feature) & mask]
    mixed = np.uint32(FNV_PRIME * feature)
    for i in range(before, key.size):
        total += factor[i] * weights[(mixed ^ key[i]) & mask]
    return total


@inner
def _paired(weights: Weights, rows: Stacked, row: int, partners: Partners, met: Sums) -> float:
    """A row's features with their partners.

    met  [d] what each distinct feature came to with its partners, NaN where that is not summed yet
    """
    start, feature, distinct, values = rows
    total = 0.0
    for i in range(start[row], start[row + 1]):
        f = feature[i]
        if np.isnan(met[f]):
            met[f] = _met(weights, partners, distinct[f])
        total += values[i] * met[f]
    return total


@inner
def _longest(start: Rows) -> int:
    longest = 0
    for row in range(start.size - 1):
        longest = max(longest, start[row + 1] - start[row])
    return longest


@kernel(F32_OUT, F32, U8_TABLE, U8, U32, F32, U32, F32, I32, I32, U32, F32, I32, I32, U32, F32, I32, I32, F32)
def score(
    weights: Weights,
    terms: Table,
    linear: Flags,
    user_index: Indices,
    user_value: Values,
    context_index: Indices,
    context_value: Values,
    ad_start: Rows,
    ad_feature: Rows,
    ad_distinct: Indices,
    ad_value: Values,
    placement_start: Rows,
    placement_feature: Rows,
    placement_distinct: Indices,
    placement_value: Values,
    template: Rows,
    placement: Rows,
    standing: Values,
) -> Values:
    """Scores [k], lower is better.

    weights     [2**b]
    terms       [m, WIDTH] the groups of each interaction, NONE after a pair; what it must be summed for; 1 if a group
                with itself gives permutations
    linear      [5] 1 for the groups whose features count by themselves too, and for the constant if there is one
    *_start     [n + 1] where the features of a template or placement begin in *_feature and *_value
    *_feature   [f] position of each feature's index in *_distinct
    template    [k] row of each candidate's template, placement likewise
    standing    [k] what is added to each, being no part of `terms` and `linear`
    """
    ads = (ad_start, ad_feature, ad_distinct, ad_value)
    places = (placement_start, placement_feature, placement_distinct, placement_value)
    each = _has(terms, PER_CANDIDATE)
    ad_alone, place_alone = each or _alone(terms, linear, AD), each or _alone(terms, linear, PLACEMENT)
    users, size = user_index.size, user_index.size + context_index.size
    room = size + (_longest(ad_start) if ad_alone else 0) + (_longest(placement_start) if place_alone else 0)
    index, value = np.empty(room, np.uint32), np.empty(room, np.float32)
    index[:users], value[:users] = user_index, user_value
    index[users:size], value[users:size] = context_index, context_value
    ends = np.array([0, users, size, size, size])
    by_ad = _partners(terms, PER_AD_FEATURE, ends, index, value)
    by_place = _partners(terms, PER_PLACEMENT_FEATURE, ends, index, value)
    shared = linear[NONE] * weights[CONSTANT & np.uint32(weights.size - 1)] + _interactions(
        weights, terms, PER_REQUEST, ends, index, value
    )
    for group in (USER, CONTEXT):
        if linear[group]:
            shared += _linear(weights, index, value, ends[group], ends[group + 1])
    per_template, met_by_ad = np.full(ad_start.size - 1, np.nan), np.full(ad_distinct.size, np.nan)
    per_placement, met_by_place = np.full(placement_start.size - 1, np.nan), np.full(placement_distinct.size, np.nan)
    scores = np.empty(template.size, np.float32)
    for j in range(template.size):
        t, p = template[j], placement[j]
        new_ad, new_place = np.isnan(per_template[t]), np.isnan(per_placement[p])
        if each or (ad_alone and new_ad):
            _take(ends, AD, ads, t, index, value)
        if each or (place_alone and new_place):
            _take(ends, PLACEMENT, places, p, index, value)
        if new_ad:
            per_template[t] = _paired(weights, ads, t, by_ad, met_by_ad)
            if ad_alone:
                per_template[t] += _by_itself(weights, terms, linear, AD, ends, index, value)
        if new_place:
            per_placement[p] = _paired(weights, places, p, by_place, met_by_place)
            if place_alone:
                per_placement[p] += _by_itself(weights, terms, linear, PLACEMENT, ends, index, value)
        pairs = _interactions(weights, terms, PER_CANDIDATE, ends, index, value) if each else 0.0
        scores[j] = standing[j] + shared + per_template[t] + per_placement[p] + pairs
    return scores
