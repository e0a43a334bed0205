"""Numbers that must not get further. Compiler options: see jit.py."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from bandit.kernels.jit import F32, boolean, float64, kernel


@kernel(boolean, F32, float64)
def within(values: npt.NDArray[np.float32], limit: float) -> bool:
    """Whether every value is at most `limit` from 0; NaN is not."""
    sound = True
    for value in values:
        sound &= abs(value) <= limit
    return sound
