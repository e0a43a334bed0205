"""What a campaign pays for, how much it may spend, and how evenly."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from bandit.money import Money
from bandit.pacing.zones import why_not

Per = Literal["mille", "click", "action"]


class Price(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What is paid for: a thousand impressions, a click, or a purchase."""

    per: Per
    amount: Money


class Budget(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Most that is spent: a day by the clock of `zone`, and in the whole flight."""

    daily: Money | None = None
    flight: Money | None = None
    zone: Annotated[str, Meta(max_length=64)] = "UTC"  # IANA name; days begin at its midnight
    pacing: Literal["even", "learned", "none"] = "even"  # over the day; learned: as traffic of past days came

    def __post_init__(self) -> None:
        given = [money for money in (self.daily, self.flight) if money]
        if not given:
            raise ValueError("a budget has a `daily` or a `flight` amount")
        if any(money.value == 0.0 for money in given):
            raise ValueError("a budget of 0 never shows anything; pause the campaign instead")
        if len({money.currency for money in given}) > 1:
            raise ValueError("daily and flight budget are in one currency")
        if fault := why_not(self.zone):
            raise ValueError(f"zone: {fault}")
