"""Rising positions as the steps between them: what a record names candidates by.

Compiler options: see jit.py.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from bandit.kernels.jit import U8_OUT, U32, inner, kernel

Positions = npt.NDArray[np.uint32]
Bytes = npt.NDArray[np.uint8]


@inner
def steps(positions: Positions) -> Bytes:
    """As `packed`, for other kernels."""
    k = positions.size
    largest, even = np.uint32(0), True
    last = np.uint32(0)
    for i in range(k):
        step = np.uint32(positions[i] - last)
        last = positions[i]
        largest = max(largest, step)
        even = even and (i < 2 or step == np.uint32(positions[1] - positions[0]))
    width = 1 if largest < 1 << 8 else 2 if largest < 1 << 16 else 4
    kept = 2 if k > 2 and width == 1 and even else k
    found = np.empty(kept * width, np.uint8)
    last = np.uint32(0)
    for i in range(kept):
        step = np.uint32(positions[i] - last)
        last = positions[i]
        for byte in range(width):
            found[i * width + byte] = (step >> np.uint32(8 * byte)) & np.uint32(255)
    return found


@kernel(U8_OUT, U32)
def packed(positions: Positions) -> Bytes:
    """See `bandit.records.packed`.

    positions  [k] a step back is one forward modulo 2**32
    """
    return steps(positions)
