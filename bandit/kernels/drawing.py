"""Probabilities to a choice, and to several choices on one page.

Compiler options: see jit.py. A draw uses the very float32 numbers that are logged, so a logged propensity is
the probability of the draw to within the rounding of their sum, 1e-6.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from bandit.kernels.jit import F32, F32_OUT, I32, I32_OUT, float64, int64, kernel

Probabilities = npt.NDArray[np.float32]
Positions = npt.NDArray[np.int32]


class Slot(NamedTuple):
    """One draw of a page."""

    positions: Positions  # [m] candidates that were left
    probabilities: Probabilities  # [m] theirs, given the slots before; sums to 1
    chosen: int  # position in `positions`


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


@kernel(F32_OUT, F32, I32)
def restricted(probabilities: Probabilities, positions: Positions) -> Probabilities:
    """Probabilities of `positions` given that it is one of them; even if they had none at all."""
    total = 0.0
    for i in positions:
        total += probabilities[i]
    conditional = np.full(positions.size, np.float32(1.0 / max(positions.size, 1)))
    if total > 0.0:
        for j in range(positions.size):
            conditional[j] = probabilities[positions[j]] / total
    return conditional


def page(
    probabilities: Probabilities, template: Positions, placement: Positions, u: npt.NDArray[np.float64]
) -> list[Slot]:
    """One draw a slot, each ad and each place used at most once; fewer slots when nothing is left.

    probabilities        [k] sums to 1
    template, placement  [k] equal numbers mean the same template, the same placement
    u                    [slots] in [0, 1)

    >>> even = np.full(4, 0.25, np.float32)
    >>> template, placement = np.array([[0, 0, 1, 1], [0, 1, 0, 1]], np.int32)
    >>> for slot in page(even, template, placement, np.zeros(3)):
    ...     print(slot.positions, slot.probabilities, slot.chosen)
    [0 1 2 3] [0.25 0.25 0.25 0.25] 0
    [3] [1.] 0
    """
    slots: list[Slot] = []
    left, given = np.arange(probabilities.size, dtype=np.int32), probabilities
    for chance in u:
        if slots:
            before = slots[-1]
            left = others(before.positions, before.positions[before.chosen], template, placement)
            given = restricted(probabilities, left)
        chosen = draw(given, chance)
        if chosen < 0:
            break
        slots.append(Slot(left, given, chosen))
    return slots
