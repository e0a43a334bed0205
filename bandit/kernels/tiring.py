"""How often and how lately a user saw each template, as one small number.

Compiler options: see jit.py. Exposures are gathered once by template, in a table that is open to collisions, so the
cost is that of the exposures and the templates added, not multiplied.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from bandit.kernels.jit import F64, U8_OUT, U32, boolean, float64, inner, kernel

Numbers = npt.NDArray[np.uint32]

ONCE, SOME, MANY = 0, 1, 2  # how often: 1, 2 to 3, 4 or more
SOME_FROM, MANY_FROM = 2, 4
LATELY = 3  # how many steps of how lately there are


@inner
def _place(key: Numbers, count: npt.NDArray[np.int64], number: np.uint32) -> int:
    """Where a template stands in the table, or may."""
    mask = key.size - 1
    at = int(number) & mask
    while count[at] > 0 and key[at] != number:
        at = (at + 1) & mask
    return at


@kernel(boolean, F64, U32, U32, float64, float64, float64, float64, U8_OUT)
def levels(
    time: npt.NDArray[np.float64],
    template: Numbers,
    templates: Numbers,
    now: float,
    just: float,
    lately: float,
    window: float,
    level: npt.NDArray[np.uint8],
) -> bool:
    """Whether any of `templates` was seen within the window; `level` is filled, 0 for what was not.

    time, template  [n] of each exposure, seconds since 1970, and what was shown
    templates       [t] whose levels are wanted
    just, lately    s ago, up to which the last exposure is of the first, of the second step
    window          s ago, up to which exposures count
    level           [t] 1 + LATELY * how often + how lately
    """
    size = 8
    while size < 2 * time.size:
        size *= 2
    key, count, newest = np.empty(size, np.uint32), np.zeros(size, np.int64), np.empty(size, np.float64)
    for i in range(time.size):
        if now - time[i] <= window:
            at = _place(key, count, template[i])
            newest[at] = max(newest[at], time[i]) if count[at] > 0 else time[i]
            key[at] = template[i]
            count[at] += 1
    seen = False
    for i in range(templates.size):
        at = _place(key, count, templates[i])
        level[i] = 0
        if count[at] > 0:
            seen = True
            often = MANY if count[at] >= MANY_FROM else SOME if count[at] >= SOME_FROM else ONCE
            ago = now - newest[at]
            step = 0 if ago <= just else 1 if ago <= lately else 2
            level[i] = 1 + LATELY * often + step
    return seen
