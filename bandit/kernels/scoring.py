"""Predicted cost of every candidate, from the weight table Vowpal Wabbit learned.

Compiler options: see jit.py. The sum is VW's own, in another order: what depends on the request alone is
summed once, what depends on a template once a template, on a placement once a placement, the rest once a
candidate. Sums are kept in float64, so scores agree with VW's float32 sums to their rounding.
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

USER, CONTEXT, AD, PLACEMENT, NONE = 0, 1, 2, 3, 4  # groups, in the order of `U C A P`; NONE fills up a pair
PER_REQUEST, PER_TEMPLATE, PER_PLACEMENT, PER_CANDIDATE = 0, 1, 2, 3  # what an interaction must be summed for
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
def _pair(weights: Weights, first: int, second: int, ends: Ends, index: Indices, value: Values) -> float:
    """Two groups; a group with itself gives combinations, not permutations."""
    total = 0.0
    for i in range(ends[first], ends[first + 1]):
        start = i if first == second else ends[second]
        half = np.uint32(FNV_PRIME * index[i])
        total += value[i] * _crossed(weights, half, index, value, start, ends[second + 1])
    return total


@inner
def _triple(weights: Weights, first: int, second: int, third: int, ends: Ends, index: Indices, value: Values) -> float:
    total = 0.0
    for i in range(ends[first], ends[first + 1]):
        half = np.uint32(FNV_PRIME * index[i])
        for j in range(i if first == second else ends[second], ends[second + 1]):
            start = j if second == third else ends[third]
            deeper = np.uint32(FNV_PRIME * (half ^ index[j]))
            total += value[i] * value[j] * _crossed(weights, deeper, index, value, start, ends[third + 1])
    return total


@inner
def _interactions(weights: Weights, terms: Table, wanted: int, ends: Ends, index: Indices, value: Values) -> float:
    total = 0.0
    for m in range(terms.shape[0]):
        first, second, third = int(terms[m, 0]), int(terms[m, 1]), int(terms[m, 2])
        if terms[m, 3] != wanted:
            continue
        if third == NONE:
            total += _pair(weights, first, second, ends, index, value)
        else:
            total += _triple(weights, first, second, third, ends, index, value)
    return total


@inner
def _take(
    ends: Ends,
    group: int,
    source: tuple[Indices, Values],
    start: int,
    stop: int,
    index: Indices,
    value: Values,
) -> None:
    """Put features [start, stop) of a source in place as a group's, behind those of the group before."""
    place = ends[group]
    for i in range(start, stop):
        index[place + i - start] = source[0][i]
        value[place + i - start] = source[1][i]
    ends[group + 1] = place + stop - start


@inner
def _longest(start: Rows) -> int:
    longest = 0
    for row in range(start.size - 1):
        longest = max(longest, start[row + 1] - start[row])
    return longest


@kernel(F32_OUT, F32, U8_TABLE, U8, U32, F32, U32, F32, I32, U32, F32, I32, U32, F32, I32, I32, F32)
def score(
    weights: Weights,
    terms: Table,
    linear: npt.NDArray[np.uint8],
    user_index: Indices,
    user_value: Values,
    context_index: Indices,
    context_value: Values,
    ad_start: Rows,
    ad_index: Indices,
    ad_value: Values,
    placement_start: Rows,
    placement_index: Indices,
    placement_value: Values,
    template: Rows,
    placement: Rows,
    standing: Values,
) -> Values:
    """Scores [k], lower is better.

    weights    [2**b]
    terms      [m, 4] the groups of each interaction, NONE after a pair, then what it must be summed for
    linear     [5] 1 for the groups whose features count by themselves too, and for the constant if there is one
    *_start    [n + 1] where the features of a template or placement begin in *_index and *_value
    template   [k] row of each candidate's template, placement likewise
    standing   [k] what is added to each, being no part of `terms` and `linear`
    """
    each = bool((terms[:, 3] == PER_CANDIDATE).any())
    room = user_index.size + context_index.size + _longest(ad_start) + _longest(placement_start)
    index, value = np.empty(room, np.uint32), np.empty(room, np.float32)
    ads, places = (ad_index, ad_value), (placement_index, placement_value)
    ends = np.zeros(5, np.int64)
    _take(ends, USER, (user_index, user_value), 0, user_index.size, index, value)
    _take(ends, CONTEXT, (context_index, context_value), 0, context_index.size, index, value)
    shared = linear[NONE] * weights[CONSTANT & np.uint32(weights.size - 1)]
    shared += linear[USER] * _linear(weights, index, value, ends[USER], ends[CONTEXT])
    shared += linear[CONTEXT] * _linear(weights, index, value, ends[CONTEXT], ends[AD])
    shared += _interactions(weights, terms, PER_REQUEST, ends, index, value)
    per_template = np.full(ad_start.size - 1, np.nan)
    per_placement = np.full(placement_start.size - 1, np.nan)
    scores = np.empty(template.size, np.float32)
    for j in range(template.size):
        t, p = template[j], placement[j]
        if each or np.isnan(per_template[t]):
            _take(ends, AD, ads, ad_start[t], ad_start[t + 1], index, value)
        if each or np.isnan(per_placement[p]):
            _take(ends, PLACEMENT, places, placement_start[p], placement_start[p + 1], index, value)
        if np.isnan(per_template[t]):
            per_template[t] = linear[AD] * _linear(weights, index, value, ends[AD], ends[PLACEMENT])
            per_template[t] += _interactions(weights, terms, PER_TEMPLATE, ends, index, value)
        if np.isnan(per_placement[p]):
            per_placement[p] = linear[PLACEMENT] * _linear(weights, index, value, ends[PLACEMENT], ends[NONE])
            per_placement[p] += _interactions(weights, terms, PER_PLACEMENT, ends, index, value)
        pairs = _interactions(weights, terms, PER_CANDIDATE, ends, index, value) if each else 0.0
        scores[j] = standing[j] + shared + per_template[t] + per_placement[p] + pairs
    return scores
