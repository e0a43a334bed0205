"""More clicks, or fewer."""

from __future__ import annotations

from simulations.environments.base import Round
from simulations.environments.conditions.changes import scaled
from simulations.environments.shop import Shop

_PLAIN_RATE = 0.03  # clicks of an even draw in the shop as it is


class ScaledShop(Shop):
    """The shop with another base rate: every chance of a click times the same factor."""

    def __init__(self, seed: int, *, rate: float) -> None:
        """
        rate  clicks of an even draw, in (0, 0.1]
        """
        super().__init__(seed)
        self._factor = rate / _PLAIN_RATE

    def round(self, t: int) -> Round:
        return scaled(super().round(t), self._factor)
