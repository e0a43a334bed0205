"""Numbers that must not get further. Compiler options: see jit.py."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from bandit.kernels.jit import F32, U8, U32, boolean, float64, kernel


@kernel(boolean, U32, F32, U8, float64)
def sound(
    index: npt.NDArray[np.uint32], value: npt.NDArray[np.float32], number: npt.NDArray[np.uint8], limit: float
) -> bool:
    """Whether the features have as many indices as values, each at most `limit` from 0; NaN is not.

    number  [d], or empty
    """
    sized = index.size == value.size and number.size in (0, value.size)
    for each in value:
        sized &= abs(each) <= limit
    return sized
