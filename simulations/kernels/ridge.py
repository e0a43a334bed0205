"""Ridge regression a candidate, one round at a time: prediction, the choices made of it, and its update.

Compiler options: see bandit/kernels/jit.py. A candidate's state is the inverse of its penalised moment matrix and the
sum of reward * features, both wider than the features in use. The inverse is symmetric to the last bit, so it is read
by rows: the innermost loop then adds arrays, which a processor does four numbers at a time, and takes no sum. Every
candidate is summed in the same order, so those of whom the same is known tie to the last bit.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from bandit.kernels.jit import F64, F64_OUT, I64_OUT, float64, inner, int64, kernel, readonly

Doubles = npt.NDArray[np.float64]
Places = npt.NDArray[np.int64]

I64, F64_TABLE, F64_TABLES = readonly(int64), readonly(float64, 2), readonly(float64, 3)
F64_TABLE_OUT, F64_TABLES_OUT = float64[:, ::1], float64[:, :, ::1]


@inner
def _step(inverse: Doubles, row: int, x: Doubles, step: Doubles) -> None:
    """step = inverse[row] @ x"""
    d = x.size
    step[:] = 0.0
    for i in range(d):
        for j in range(d):
            step[j] += inverse[row, i, j] * x[i]


@inner
def _predict(inverse: Doubles, moment: Doubles, row: int, x: Doubles, step: Doubles) -> tuple[float, float]:
    _step(inverse, row, x, step)
    mean = leverage = 0.0
    for j in range(x.size):
        mean += step[j] * moment[row, j]
        leverage += step[j] * x[j]
    return mean, np.sqrt(max(leverage, 0.0))


@kernel(int64, F64_TABLES, F64_TABLE, I64, F64, F64_OUT, F64_OUT)
def predict(inverse: Doubles, moment: Doubles, rows: Places, x: Doubles, mean: Doubles, error: Doubles) -> int:
    """Mean [k] and standard error [k], for noise 1, of each candidate's reward; how many there are.

    inverse  [n, w, w]
    moment   [n, w]
    rows     [k] in [0, n)
    x        [d] features, d at most w
    """
    step = np.empty(x.size)
    for at in range(rows.size):
        mean[at], error[at] = _predict(inverse, moment, rows[at], x, step)
    return rows.size


@kernel(int64, F64_TABLES, F64_TABLE, I64, F64, float64, I64_OUT)
def highest(inverse: Doubles, moment: Doubles, rows: Places, x: Doubles, alpha: float, best: Places) -> int:
    """Positions in `rows` of the highest `mean + alpha * error`, put first in `best` [k]; how many they are."""
    step = np.empty(x.size)
    tied, top = 0, -np.inf
    for at in range(rows.size):
        mean, error = _predict(inverse, moment, rows[at], x, step)
        bound = mean + alpha * error
        if bound > top:
            tied, top = 0, bound
        if bound == top:
            best[tied] = at
            tied += 1
    return tied


@kernel(int64, F64_TABLES, F64_TABLE, I64, F64, float64, F64)
def sampled(inverse: Doubles, moment: Doubles, rows: Places, x: Doubles, spread: float, normal: Doubles) -> int:
    """Position in `rows` of the first highest `mean + spread * error * normal`; `normal` is [k]."""
    step = np.empty(x.size)
    best, top = 0, -np.inf
    for at in range(rows.size):
        mean, error = _predict(inverse, moment, rows[at], x, step)
        drawn = mean + spread * error * normal[at]
        if drawn > top:
            best, top = at, drawn
    return best


@kernel(int64, F64_TABLES_OUT, F64_TABLE_OUT, int64, F64, float64)
def update(inverse: Doubles, moment: Doubles, row: int, x: Doubles, reward: float) -> int:
    """Take in one more reward of a candidate, in place: Sherman & Morrison, 1950. Gives the row."""
    d = x.size
    step = np.empty(d)
    _step(inverse, row, x, step)
    scale = 1.0
    for j in range(d):
        scale += step[j] * x[j]
    for i in range(d):
        moment[row, i] += reward * x[i]
        for j in range(d):
            inverse[row, i, j] -= step[i] * step[j] / scale
    return row
