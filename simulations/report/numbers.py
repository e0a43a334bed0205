"""Numbers as a reader wants them: as many digits as tell something."""

from __future__ import annotations

import math

NONE = "\N{EN DASH}"


def number(value: float | None, digits: int = 4) -> str:
    """A number to so many digits, or a dash where there is none.

    >>> number(0.0123456), number(123456.7), number(0.5)
    ('0.01235', '123,457', '0.5')
    """
    if value is None or not math.isfinite(value):
        return NONE
    return f"{value:,.0f}" if 1e4 <= abs(value) < 1e15 else f"{value:,.{digits}g}"


def interval(
    value: float | None, low: float | None, high: float | None, *, digits: int = 2, sign: bool = False
) -> tuple[str, str]:
    """A value and its bounds, to so many digits of how far they are apart.

    sign  write a plus before what is above 0

    >>> interval(0.51234, 0.5012, 0.5234)
    ('0.512', '0.501 to 0.523')
    >>> interval(1.0, None, None)[0]
    '1'
    """
    if value is None or low is None or high is None or not math.isfinite(high - low):
        return number(value), NONE
    if high <= low:
        return number(value), f"{number(low)} to {number(high)}"
    decimals = min(max(digits - 1 - math.floor(math.log10((high - low) / 2.0)), 0), 9)
    shown = [f"{x:{'+' if sign else '-'},.{decimals}f}" for x in (value, low, high)]
    return shown[0], f"{shown[1]} to {shown[2]}"
