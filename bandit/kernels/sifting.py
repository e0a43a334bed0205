"""Which candidates one request may not be shown, and for which reason: the first that applies to each.

Compiler options: see jit.py.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from bandit.kernels.jit import I32, I64, I64_OUT, U8, U8_OUT, U32, U32_OUT, inner, int64, kernel, quadruple
from bandit.kernels.packing import steps

Bytes = npt.NDArray[np.uint8]
Positions = npt.NDArray[np.uint32]
Rows = npt.NDArray[np.int32]
Counts = npt.NDArray[np.int64]
Sifted = tuple[Positions, Bytes, Bytes, Counts]


@inner
def _reason(row: int, place: int, flags: Bytes, t: int, p: int, codes: Counts, none: int) -> int:
    """That of the first rule which keeps out a template in a placement; `none` if none does."""
    for rule in range(codes.size):
        start = rule * (t + p)
        if flags[start + row] and flags[start + t + place]:
            return int(codes[rule])
    return none


@inner
def _outrank(found: Counts, positions: Positions, template: Rows, priority: Bytes, none: int) -> None:
    """Give what is left and of less than the highest priority the last reason."""
    best = 0
    for i in range(positions.size):
        if found[i] == none:
            best = max(best, int(priority[template[positions[i]]]))
    for i in range(positions.size):
        if found[i] == none and priority[template[positions[i]]] < best:
            found[i] = none - 1


@inner
def _of(found: Counts, positions: Positions, reason: int) -> Positions:
    some = np.empty(positions.size, np.uint32)
    m = 0
    for i in range(positions.size):
        if found[i] == reason:
            some[m] = positions[i]
            m += 1
    return some[:m].copy()


@kernel(quadruple(U32_OUT, U8_OUT, U8_OUT, I64_OUT), U32, I32, I32, U8, int64, int64, I64, int64, U8, U8, int64)
def sift(
    positions: Positions,
    template: Rows,
    placement: Rows,
    flags: Bytes,
    t: int,
    p: int,
    codes: Counts,
    reasons: int,
    priority: Bytes,
    level: Bytes,
    levels: int,
) -> Sifted:
    """What is left, each at its level; the same packed; what is not, packed, reason by reason; and how much of it.

    positions            [k] candidates, each at level 0
    template, placement  [n] rows of every position of the shelf
    flags                [r * (t + p)] rules: a candidate is kept out where both its template and its placement are 1
    codes                [r] reason of each rule, in [0, reasons)
    priority             [t] of what no rule keeps out only the highest is left; empty: all alike
    level                [t] in [0, levels), more is taken for the last; empty: all 0

    Returns with the counts, for each reason and then for priority: [reasons + 1] candidates, [reasons + 1] bytes.
    """
    k, none = positions.size, reasons + 1
    found = np.empty(k, np.int64)
    for i in range(k):
        found[i] = _reason(template[positions[i]], placement[positions[i]], flags, t, p, codes, none)
    if priority.size:
        _outrank(found, positions, template, priority, none)
    counts = np.zeros(2 * none, np.int64)
    out, end = np.empty(4 * k, np.uint8), 0
    for reason in range(none):
        some = _of(found, positions, reason)
        packed = steps(some)
        out[end : end + packed.size] = packed
        end += packed.size
        counts[reason], counts[none + reason] = some.size, packed.size
    left = _of(found, positions, none)
    if level.size:
        for i in range(left.size):
            left[i] += np.uint32(min(int(level[template[left[i]]]), levels - 1))
    return left, steps(left), out[:end].copy(), counts
