"""Running means of the numbers of requests, kept in rising order of their hashes. Compiler options: see jit.py."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from bandit.kernels.jit import F32, F32_OUT, F64_OUT, I64_OUT, U8, U32, U32_OUT, inner, int64, kernel

Counts = npt.NDArray[np.int64]
Doubles = npt.NDArray[np.float64]
Hashes = npt.NDArray[np.uint32]
Values = npt.NDArray[np.float32]
Flags = npt.NDArray[np.uint8]


@inner
def _observe(
    known: Hashes,
    count: Counts,
    zeros: Counts,
    mean: Doubles,
    less: Values,
    size: int,
    index: Hashes,
    value: Values,
    number: Flags,
) -> int:
    for j in range(number.size):
        if not number[j]:
            continue
        at = np.searchsorted(known[:size], index[j])
        if at == size or known[at] != index[j]:
            if size == known.size:
                continue
            for i in range(size, at, -1):
                known[i], count[i], zeros[i] = known[i - 1], count[i - 1], zeros[i - 1]
                mean[i], less[i] = mean[i - 1], less[i - 1]
            known[at], count[at], zeros[at], mean[at] = index[j], 0, 0, 0.0
            size += 1
        count[at] += 1
        zeros[at] += value[j] == 0.0
        mean[at] += (np.float64(value[j]) - mean[at]) / count[at]
        less[at] = np.float32(0.0 if 2 * zeros[at] > count[at] else mean[at])
    return size


@kernel(int64, U32_OUT, I64_OUT, I64_OUT, F64_OUT, F32_OUT, int64, U32, F32, U8, U32, F32, U8)
def observe(
    known: Hashes,
    count: Counts,
    zeros: Counts,
    mean: Doubles,
    less: Values,
    size: int,
    user_index: Hashes,
    user_value: Values,
    user_number: Flags,
    context_index: Hashes,
    context_value: Values,
    context_number: Flags,
) -> int:
    """Take in the numbers among the features of a request; how many hashes are known then.

    known, count, zeros, mean, less  [most] changed in place; the first `size` hold something; `less` is what a number
                                     is taken less: its mean, or 0 if it is 0 more often than not
    *_index, *_value, *_number       [d] of one namespace, as `hash_features` gives them; no `number` if none is

    Once `most` hashes are known, no others are taken in.
    """
    size = _observe(known, count, zeros, mean, less, size, user_index, user_value, user_number)
    return _observe(known, count, zeros, mean, less, size, context_index, context_value, context_number)
