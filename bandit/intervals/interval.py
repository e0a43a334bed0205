"""What every method gives."""

from __future__ import annotations

from typing import NamedTuple


class Interval(NamedTuple):
    """An estimate and how far from it the truth may lie."""

    value: float
    low: float
    high: float
    level: float  # coverage promised, in (0, 1)
    method: str = "t"
