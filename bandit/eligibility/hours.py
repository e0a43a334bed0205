"""Whether it is a part of the day now, by the clock on the wall of a place, daylight saving time included."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache

from bandit.eligibility.rules import DAYS, Hours, located, minutes


def within(hours: Hours, now: float) -> bool:
    """Whether `now`, seconds since 1970, is in that part of a day.

    A time that daylight saving time leaves out never comes, and one that it repeats comes twice.

    >>> late = Hours(from_=22, to=2, days=("fri",))  # Friday evening, and on until two
    >>> [within(late, datetime.fromisoformat(at).timestamp()) for at in ("2026-11-28T01:59Z", "2026-11-28T22:00Z")]
    [True, False]
    """
    there = datetime.fromtimestamp(now, located(hours.zone))
    minute, today, yesterday = there.hour * 60 + there.minute, DAYS[there.weekday()], DAYS[there.weekday() - 1]
    begins, ends = minutes(hours.from_), minutes(hours.to)
    if begins < ends:
        return today in hours.days and begins <= minute < ends
    return (today in hours.days and minute >= begins) or (yesterday in hours.days and minute < ends)


class Clock:
    """Parts of days, one bit each."""

    __slots__ = ("_parts",)

    def __init__(self, parts: Sequence[tuple[int, Hours]]) -> None:
        """
        parts  bit and part of a day
        """
        self._parts = tuple(parts)

    def holds(self, now: float) -> int:
        """The bits of those that it is in, as one number."""
        # Every zone's clock has been whole minutes apart from every other's since 1972, so nothing begins within one.
        return _at(self, int(now // 60)) if self._parts else 0

    def _holds(self, minute: int) -> int:
        return sum(1 << bit for bit, hours in self._parts if within(hours, 60.0 * minute))


@lru_cache(maxsize=64)
def _at(clock: Clock, minute: int) -> int:
    return clock._holds(minute)
