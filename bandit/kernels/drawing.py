"""Probabilities to a choice, and what is left for the next choice on a page.

Compiler options: see jit.py. A draw uses the very float32 numbers that are logged, so a logged propensity is
the probability of the draw to within the rounding of their sum, 1e-6.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from bandit.kernels.jit import F32, I32, I32_OUT, U64_TABLE, float64, int64, kernel, uint64

Probabilities = npt.NDArray[np.float32]
Positions = npt.NDArray[np.int32]
Masks = npt.NDArray[np.uint64]


@kernel(int64, F32, float64)
def draw(probabilities: Probabilities, u: float) -> int:
    """Position drawn by inverse cdf, never one with probability 0; -1 if all are 0.

    probabilities  [k] not negative
    u              in [0, 1)
    """
    total = 0.0
    for p in probabilities:
        total += p
    target = u * total
    below = 0.0
    last = -1
    for i in range(probabilities.size):
        if probabilities[i] > 0.0:
            last = i
            below += probabilities[i]
            if below > target:
                break
    return last


@kernel(I32_OUT, I32, int64, I32, I32)
def others(positions: Positions, used: int, template: Positions, placement: Positions) -> Positions:
    """Those of `positions` that share neither template nor placement with candidate `used`."""
    left = np.empty(positions.size, np.int32)
    m = 0
    for i in positions:
        if template[i] != template[used] and placement[i] != placement[used]:
            left[m] = i
            m += 1
    return left[:m].copy()


@kernel(I32_OUT, I32, int64, I32, U64_TABLE)
def apart(positions: Positions, used: int, campaign: Positions, rivals: Masks) -> Positions:
    """Those of `positions` that may stand on a page with candidate `used`.

    campaign  [k] row of each candidate's campaign in `rivals`
    rivals    [c, w] the first bit says that a page shows one ad of the campaign; then a bit for each label that several
              campaigns have, and two that share one are rivals
    """
    left = np.empty(positions.size, np.int32)
    m, own = 0, campaign[used]
    for i in positions:
        other = campaign[i]
        both = rivals[own, 0] & rivals[other, 0]
        apart = both & uint64(1) != 0 if other == own else both >> uint64(1) != 0
        if other != own:
            for word in range(1, rivals.shape[1]):
                apart = apart or rivals[own, word] & rivals[other, word] != 0
        if not apart:
            left[m] = i
            m += 1
    return left[:m].copy()
