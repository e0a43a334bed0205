"""An estimate as sums over rounds."""

from __future__ import annotations

from typing import NamedTuple

from bandit.arrays import Doubles


class Terms(NamedTuple):
    """mean(plain) + sum(weighted) / sum(weight); without a weight, mean(plain).

    Resampled or cut off anywhere, it is the estimate of those rounds.

    >>> import numpy as np
    >>> Terms(np.array([1.0, 3.0])).value
    2.0
    >>> Terms(np.zeros(2), np.array([0.5, 1.0]), np.array([1.0, 2.0])).value
    0.5
    """

    plain: Doubles  # [n]
    weighted: Doubles | None = None  # [n]
    weight: Doubles | None = None  # [n] not negative, its sum positive

    @property
    def value(self) -> float:
        """The estimate."""
        value = float(self.plain.mean())
        if self.weighted is not None and self.weight is not None:
            value += float(self.weighted.sum() / self.weight.sum())
        return value
