"""Several ads on one page: draw, take out what the drawn ad used, explore anew over what is left, draw again.

Each slot's probabilities are conditional on the slots before it, so each is a round of its own to learn from.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from bandit.arrays import Floats, Rowed
from bandit.eligibility.limits import Ranks
from bandit.eligibility.priorities import best
from bandit.kernels.drawing import apart, draw, others
from bandit.rivals import Rivals


class Slot(NamedTuple):
    """One draw of a page."""

    left: Rowed  # int32[m] candidates that could still be drawn
    probabilities: Floats  # float32[m] theirs, given the slots before; sums to 1
    chosen: int  # position in `left`


def page(
    spread: Callable[[Rowed], Floats],
    left: Rowed,
    template: Rowed,
    placement: Rowed,
    chances: Iterable[float],
    *,
    campaign: Rowed | None = None,
    rivals: Rivals | None = None,
    priority: Ranks | None = None,
) -> Iterator[Slot]:
    """One draw a chance, each template and each placement used at most once, rivals never; fewer if nothing is left.

    spread               int32[m] candidates -> float32[m] probabilities over them, summing to 1
    left                 int32[m] candidates that may be drawn
    template, placement  int32[k] equal numbers mean the same template, the same placement
    chances              one number in [0, 1) a slot
    campaign             int32[k] row of each candidate in `rivals`, see bandit/rivals.py; without them nobody is one
    priority             uint8[k] of what is left for a slot, only the highest is drawn from; None: all alike

    >>> import numpy as np
    >>> even = lambda left: np.full(len(left), 1 / len(left), np.float32)
    >>> template, placement = np.array([[0, 0, 1, 1], [0, 1, 0, 1]], np.int32)
    >>> everyone = np.arange(4, dtype=np.int32)
    >>> [(slot.left.tolist(), slot.chosen) for slot in page(even, everyone, template, placement, [0.0, 0.0, 0.0])]
    [([0, 1, 2, 3], 0), ([3], 0)]
    """
    last: Slot | None = None
    for chance in chances:
        if last is not None:
            used = int(last.left[last.chosen])
            left = others(left, used, template, placement)
            if rivals is not None and campaign is not None:
                left = apart(left, used, campaign, rivals)
        if not len(left):
            return
        able = left if priority is None else left[best(priority[left])]
        given = spread(able)
        last = Slot(able, given, draw(given, chance))
        yield last
