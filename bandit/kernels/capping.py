"""Which caps are reached: exposures counted by what was shown, in every window at once.

Compiler options: see jit.py.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from bandit.kernels.jit import F64, I64, U8_OUT, U32, boolean, float64, kernel


@kernel(boolean, F64, U32, float64, U32, I64, F64, I64, U8_OUT)
def reached(
    time: npt.NDArray[np.float64],
    shown: npt.NDArray[np.uint32],
    now: float,
    ids: npt.NDArray[np.uint32],
    at: npt.NDArray[np.int64],
    windows: npt.NDArray[np.float64],
    most: npt.NDArray[np.int64],
    full: npt.NDArray[np.uint8],
) -> bool:
    """Whether any cap is reached; `full` says of which rows.

    time, shown  [n] of each exposure, seconds since 1970, and what was shown
    ids          [u] rising: what has caps
    at           [r] position in `ids` of what each row stands for
    windows      [w] seconds; what is exactly so old counts no more
    most         [w * r] exposures that leave no room for one more, window by window
    full         [r]
    """
    u, r = ids.size, at.size
    count = np.zeros(windows.size * u, np.int64)
    for i in range(time.size):
        place = np.searchsorted(ids, shown[i])
        if place < u and ids[place] == shown[i]:
            for w in range(windows.size):
                count[w * u + place] += now - time[i] < windows[w]
    full[:] = 0
    some = False
    for w in range(windows.size):
        for row in range(r):
            if count[w * u + at[row]] >= most[w * r + row]:
                full[row] = 1
                some = True
    return some
