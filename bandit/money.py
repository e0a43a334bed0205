"""Amounts of money, in the one currency a policy counts in."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

Currency = Annotated[str, Meta(pattern=r"^[A-Z]{3}\Z", description="three capital letters, as of ISO 4217")]
MICRO = 1_000_000  # sums of many small prices are kept in whole millionths, which add up exactly


class Money(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """So much of a currency; never less than nothing."""

    value: Annotated[float, Meta(ge=0.0, le=1e7)]
    currency: Currency


def micro(value: float) -> int:
    """An amount in whole millionths.

    >>> micro(0.1) + micro(0.2)
    300000
    """
    return round(value * MICRO)
