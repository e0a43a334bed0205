"""What is old counts less: over a half-life of the log's own time, half of all that was learned fades.

A weight is the sum of what each outcome did to it, so halving the weight halves the part of every outcome in it. Time
is that of the log, never a clock's, so the same log forgets the same. It is taken in steps, since a step
touches every weight; times that step back fade nothing.

Replay would teach old outcomes again, so of those drawn each is kept with the probability 2 ** -(age in half-lives).
VW's record of past gradients stays as it is: to let it fade too earned nothing in a drifting world.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from bandit.arrays import Floats
from bandit.replay import positions

STEPS = 64  # in a half-life; a step takes 1.1 % of every weight
NEVER = float("-inf")  # no outcome yet
SMALLEST = 2.0**-40  # a weight nearer to 0 is forgotten whole, else it would be published with every step for ever

HOUR_S = 3600.0


class Fading:
    """How far a model has faded.

    >>> fading = Fading(half_life_h=1.0)
    >>> weights = np.array([1.0, -0.5], np.float32)
    >>> for time in (1_000.0, 1_000.0 + 3_600.0, 500.0):
    ...     fading.fade(weights, time)
    >>> weights.tolist(), fading.until
    ([0.5, -0.25], 4600.0)
    """

    def __init__(self, half_life_h: float, until: float = NEVER) -> None:
        """
        until  time of the last step taken, seconds since 1970
        """
        self.until = until
        self._half_life_s = half_life_h * HOUR_S

    def fade(self, weights: Floats, time: float) -> None:
        """Scale weights float32[n] in place by what has passed up to an outcome.

        time  when it was decided, seconds since 1970; finite
        """
        if self.until == NEVER:
            self.until = time
        step_s = self._half_life_s / STEPS
        steps = math.floor((time - self.until) / step_s)
        if steps > 0:
            self.until += steps * step_s
            weights *= np.float32(2.0 ** (-steps / STEPS))
            weights[np.abs(weights) < SMALLEST] = 0.0

    def recalled(self, times: Sequence[float], now: float, key: bytes) -> list[bool]:
        """Which past outcomes drawn for replay are learned again.

        times  when they were decided, seconds since 1970
        now    when the outcome was decided that they are replayed with
        key    of that outcome
        """
        chances = positions(key + b"/age", len(times), 1 << 32)
        return [
            chance < (1 << 32) * 2.0 ** (-max(now - time, 0.0) / self._half_life_s)
            for chance, time in zip(chances, times, strict=True)
        ]
