"""Sums over rounds that reward models are solved from, and a linear model's predictions.

Rounds are added one after another, so sums are the same to the last bit however a log is cut into batches.
Compiler options: see jit.py.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from bandit.kernels.jit import F64, float64, int64, kernel, readonly

Indices = npt.NDArray[np.int64]
Doubles = npt.NDArray[np.float64]

COUNT, WEIGHT, SUM, SQUARES = 0, 1, 2, 3  # of a cell: rounds of weight, and sums of w, w r and w r^2
I64 = readonly(int64)
F64_TABLE = readonly(float64, 2)


@kernel(int64, float64[:, :, :, ::1], I64, I64, I64, F64, F64)
def add_to_cells(
    cells: Doubles, fold: Indices, slot: Indices, action: Indices, reward: Doubles, weight: Doubles
) -> int:
    """Add n rounds to cells [folds, places, actions, 4] in place; how many have weight."""
    added = 0
    for i in range(reward.size):
        w, r = weight[i], reward[i]
        if w == 0.0:
            continue
        cell = cells[fold[i], slot[i], action[i]]
        cell[COUNT] += 1.0
        cell[WEIGHT] += w
        cell[SUM] += w * r
        cell[SQUARES] += w * r * r
        added += 1
    return added


@kernel(
    int64,
    float64[:, :, :, ::1], float64[:, :, ::1], float64[:, :, ::1], float64[:, ::1],
    I64, I64, I64, F64_TABLE, F64, F64,
)  # fmt: skip
def add_to_moments(
    gram: Doubles,
    moment: Doubles,
    cross: Doubles,
    earned: Doubles,
    fold: Indices,
    slot: Indices,
    action: Indices,
    shared: Doubles,
    reward: Doubles,
    weight: Doubles,
) -> int:
    """Add n rounds in place to sums of w z z', w r z and, for each action, w z and w r; how many have weight.

    A round's z is 1, its d features, and a one for its slot.
    gram    [folds, groups, D, D]  on and above the diagonal; groups is 1, or the actions: then each has its own
    moment  [folds, groups, D]
    cross   [folds, actions, D]
    earned  [folds, actions]
    """
    features = shared.shape[1]
    added = 0
    z = np.ones(1 + features)
    for i in range(reward.size):
        w = weight[i]
        if w == 0.0:
            continue
        f, a = fold[i], action[i]
        group = a if gram.shape[1] > 1 else 0
        wr = w * reward[i]
        at = 1 + features + slot[i]
        z[1:] = shared[i]
        square, line, own = gram[f, group], moment[f, group], cross[f, a]
        for j in range(1 + features):
            wz = w * z[j]
            for k in range(j, 1 + features):
                square[j, k] += wz * z[k]
            square[j, at] += wz
            line[j] += wr * z[j]
            own[j] += wz
        square[at, at] += w
        line[at] += wr
        own[at] += w
        earned[f, a] += wr
        added += 1
    return added


@kernel(int64, I64, I64, I64, F64_TABLE, F64, F64, F64_TABLE, float64[::1])
def linear(
    start: Indices,
    action: Indices,
    slot: Indices,
    shared: Doubles,
    common: Doubles,
    own: Doubles,
    slopes: Doubles,
    predicted: Doubles,
) -> int:
    """Fill in [s] predictions of a linear model; how many.

    common  [D]             coefficients of 1, the features and the slots; a slot beyond counts nothing
    own     [actions]       what each action adds
    slopes  [actions or 0, d]  what each action adds a unit of each feature
    """
    features = shared.shape[1]
    for i in range(slot.size):
        base = common[0]
        for j in range(features):
            base += common[1 + j] * shared[i, j]
        if 1 + features + slot[i] < common.size:
            base += common[1 + features + slot[i]]
        for s in range(start[i], start[i + 1]):
            a = action[s]
            value = base + own[a]
            if slopes.shape[0] > 0:
                for j in range(features):
                    value += slopes[a, j] * shared[i, j]
            predicted[s] = value
    return predicted.size
