"""Logistic regression a candidate with a normal belief in each weight, one round at a time.

Compiler options: see bandit/kernels/jit.py.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from bandit.kernels.jit import F64, float64, int64, kernel, readonly

Doubles = npt.NDArray[np.float64]
Places = npt.NDArray[np.int64]

I64, F64_TABLE, F64_TABLE_OUT = readonly(int64), readonly(float64, 2), float64[:, ::1]
STEPS = 50  # of Newton at most; it takes three or four
NEAR = 1e-12  # how near to the solution it stops


@kernel(int64, F64_TABLE, F64_TABLE, I64, F64, float64, F64)
def sampled(mean: Doubles, precision: Doubles, rows: Places, x: Doubles, spread: float, normal: Doubles) -> int:
    """Position in `rows` of the first highest score drawn; a score drawn is its weights drawn, since it is their sum.

    mean, precision  [n, w] of each weight's belief
    rows             [k] in [0, n)
    x                [d] features, d at most w
    spread           factor on standard errors
    normal           [k] drawn from Normal(0, 1)
    """
    best, top = 0, -np.inf
    for at in range(rows.size):
        row = rows[at]
        score = variance = 0.0
        for j in range(x.size):
            score += mean[row, j] * x[j]
            variance += x[j] * x[j] / precision[row, j]
        score += spread * np.sqrt(variance) * normal[at]
        if score > top:
            best, top = at, score
    return best


@kernel(int64, F64_TABLE_OUT, F64_TABLE_OUT, int64, F64, float64)
def update(mean: Doubles, precision: Doubles, row: int, x: Doubles, reward: float) -> int:
    """Take in one more reward in [0, 1] of a candidate, in place; gives the row.

    The new mean is the mode of the posterior, the new precision the curvature there, diagonal alone (Laplace). For one
    reward the mode lies at mean + s * x / precision; s is the root of a falling function of one number, found by
    Newton's method held within the two sides that are known.
    """
    score = variance = 0.0
    for j in range(x.size):
        score += mean[row, j] * x[j]
        variance += x[j] * x[j] / precision[row, j]
    low, high, s = reward - 1.0, reward, 0.0  # s = reward - chance, and a chance is in (0, 1)
    for _ in range(STEPS):
        chance = 1.0 / (1.0 + np.exp(-(score + s * variance)))
        off = reward - chance - s
        if off > 0.0:
            low = s
        else:
            high = s
        s += off / (1.0 + variance * chance * (1.0 - chance))
        if not low <= s <= high:
            s = 0.5 * (low + high)
        if abs(off) < NEAR:
            break
    chance = 1.0 / (1.0 + np.exp(-(score + s * variance)))
    for j in range(x.size):
        mean[row, j] += s * x[j] / precision[row, j]
        precision[row, j] += x[j] * x[j] * chance * (1.0 - chance)
    return row
