"""A target policy's probabilities against a log, in one pass over the candidates. Compiler options: see jit.py."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from bandit.kernels.jit import F64, F64_OUT, float64, inner, int64, kernel, readonly

Indices = npt.NDArray[np.int64]
Doubles = npt.NDArray[np.float64]

SOUND = -1  # no row is wrong
OFFERED, EXPECTED, DRAWN = 0, 1, 2  # what `calibrated` counts
I64 = readonly(int64)


@kernel(int64, I64, I64, F64, F64, F64, float64, F64_OUT, F64_OUT, F64_OUT, F64_OUT, F64_OUT)
def weigh(
    start: Indices,
    chosen: Indices,
    probability: Doubles,
    q: Doubles,
    served: Doubles,
    tolerance: float,
    target: Doubles,
    predicted: Doubles,
    expected: Doubles,
    unsupported: Doubles,
    squared: Doubles,
) -> int:
    """First round whose numbers are not sound, or SOUND; up to it, the last five arrays are filled.

    start        [n + 1] round i's candidates are start[i] up to start[i + 1]
    chosen       [n] candidate that was shown
    probability  [s] of the target; a round's lie in [0, 1] and sum to 1 but for `tolerance`
    q            [s] predicted rewards, finite; or empty, and then `predicted` and `expected` are too
    served       [s] probability each was served with; or empty, and then `unsupported` and `squared` are too
    """
    for i in range(chosen.size):
        total, mean, never, square, sound = 0.0, 0.0, 0.0, 0.0, True
        for j in range(start[i], start[i + 1]):
            p = probability[j]
            sound &= 0.0 <= p <= 1.0 + tolerance  # NaN is neither
            total += p
            if q.size:
                mean += p * q[j]
                sound &= np.isfinite(q[j])
            if served.size:
                if served[j] > 0.0:
                    square += p * p / served[j]
                else:
                    never += p
        if not sound or not abs(total - 1.0) <= tolerance:
            return i
        target[i] = probability[chosen[i]]
        if q.size:
            predicted[i], expected[i] = q[chosen[i]], mean
        if served.size:
            unsupported[i], squared[i] = never, square
    return SOUND


@inner
def _count(counts: Doubles, at: int, p: float, drawn: bool) -> None:
    counts[at, OFFERED] += 1.0
    counts[at, EXPECTED] += p
    counts[at, DRAWN] += drawn


@kernel(float64[:, :, ::1], I64, I64, I64, int64, F64, F64)
def calibrated(
    start: Indices, action: Indices, chosen: Indices, actions: int, served: Doubles, edges: Doubles
) -> Doubles:
    """[2 + actions, classes, 3] offers, draws to be expected and draws.

    Of every candidate, of the likeliest of each round, and of each action.

    start, chosen, served  as of `weigh`; a candidate that could not be drawn is passed over unless it was
    action                 [s] in [0, actions)
    edges                  [classes - 1] between the classes of `served`, rising
    """
    counts = np.zeros((2 + actions, edges.size + 1, 3))
    for i in range(chosen.size):
        likeliest = start[i]
        for j in range(start[i], start[i + 1]):
            if served[j] > served[likeliest]:
                likeliest = j
            if served[j] > 0.0 or j == chosen[i]:
                at = np.searchsorted(edges, served[j], side="right")
                _count(counts[0], at, served[j], j == chosen[i])
                _count(counts[2 + action[j]], at, served[j], j == chosen[i])
        at = np.searchsorted(edges, served[likeliest], side="right")
        _count(counts[1], at, served[likeliest], likeliest == chosen[i])
    return counts
