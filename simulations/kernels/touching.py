"""Which weights learning an outcome may have changed, so that publishing copies those and not a whole table.

Compiler options: see bandit/kernels/jit.py. The indices are those of bandit/kernels/scoring.py; a group with itself
is taken in either order, which names a few weights too many and none too few.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from bandit.kernels.jit import U8, U8_OUT, U8_TABLE, U32, U32_OUT, inner, int64, kernel
from bandit.kernels.scoring import CONSTANT, FNV_PRIME, NONE

Indices = npt.NDArray[np.uint32]
Flags = npt.NDArray[np.uint8]
Terms = npt.NDArray[np.uint8]
Ends = npt.NDArray[np.int64]


@inner
def _touch(index: np.uint32, seen: Flags, touched: Indices, n: int) -> int:
    at = index & np.uint32(seen.size - 1)
    if seen[at]:
        return n
    seen[at] = 1
    touched[n] = at
    return n + 1


@inner
def _interaction(terms: Terms, m: int, ends: Ends, index: Indices, seen: Flags, touched: Indices, n: int) -> int:
    first, second, third = terms[m, 0], terms[m, 1], terms[m, 2]
    for i in range(ends[first], ends[first + 1]):
        half = np.uint32(FNV_PRIME * index[i])
        for j in range(ends[second], ends[second + 1]):
            crossed = np.uint32(half ^ index[j])
            if third == NONE:
                n = _touch(crossed, seen, touched, n)
                continue
            deeper = np.uint32(FNV_PRIME * crossed)
            for k in range(ends[third], ends[third + 1]):
                n = _touch(np.uint32(deeper ^ index[k]), seen, touched, n)
    return n


@kernel(int64, U8_TABLE, U8, U32, U32, U32, U32, U8_OUT, U32_OUT, int64)
def touch(
    terms: Terms,
    linear: Flags,
    user: Indices,
    context: Indices,
    ad: Indices,
    placement: Indices,
    seen: Flags,
    touched: Indices,
    n: int,
) -> int:
    """Note the weights of one request with the candidate that was shown; how many are noted then.

    terms, linear    as of `scoring.score`
    user ... placement  [d] whole hashes
    seen             [2**b] 1 for those noted; changed in place
    touched          [2**b] of which the first `n` are noted; changed in place
    """
    ends = np.zeros(5, np.int64)
    index = np.empty(user.size + context.size + ad.size + placement.size, np.uint32)
    for g, group in enumerate((user, context, ad, placement)):
        ends[g + 1] = ends[g] + group.size
        index[ends[g] : ends[g + 1]] = group
    for g in range(NONE):
        if linear[g]:
            for i in range(ends[g], ends[g + 1]):
                n = _touch(index[i], seen, touched, n)
    if linear[NONE]:
        n = _touch(CONSTANT, seen, touched, n)
    for m in range(terms.shape[0]):
        n = _interaction(terms, m, ends, index, seen, touched, n)
    return n
