"""Days and hours by the clock of a time zone: most have 24 hours, some 23 or 25."""

from __future__ import annotations

from datetime import date, datetime, time
from functools import lru_cache
from zoneinfo import ZoneInfo

Day = int  # days since the first of January of the year 1, see `named`


def why_not(zone: str) -> str | None:
    """What is wrong with the name of a zone; None if days can be told by it.

    >>> why_not("Europe/Berlin")
    >>> why_not("Europe/Bremen")
    "'Europe/Bremen' is no time zone; a name of the IANA database is wanted, such as Europe/Berlin"
    """
    try:
        ZoneInfo(zone)
    except (KeyError, ValueError, OSError):  # none of this name, no name at all, the name of a folder
        return f"{zone!r} is no time zone; a name of the IANA database is wanted, such as Europe/Berlin"
    return None


def day_of(instant: float, zone: str) -> Day:
    """The day that an instant falls on.

    instant  seconds since 1970

    >>> named(day_of(1_700_000_000.0, "UTC")), named(day_of(1_700_000_000.0, "Asia/Tokyo"))
    ('2023-11-14', '2023-11-15')
    """
    return _day(int(instant // 60), zone)


def bounds(day: Day, zone: str) -> tuple[float, float]:
    """When a day begins, and when the next one does: seconds since 1970.

    >>> [(end - start) / 3600 for start, end in [bounds(date(2024, 3, 31).toordinal(), "Europe/Berlin")]]
    [23.0]
    """
    return _midnight(day, zone), _midnight(day + 1, zone)


def hour_of(instant: float, zone: str) -> int:
    """What the hour hand shows, in [0, 24)."""
    return datetime.fromtimestamp(instant, ZoneInfo(zone)).hour


def named(day: Day) -> str:
    """A day as ISO 8601 writes it."""
    return date.fromordinal(day).isoformat()


@lru_cache(maxsize=4_096)
def _day(minute: int, zone: str) -> Day:
    return datetime.fromtimestamp(minute * 60, ZoneInfo(zone)).toordinal()


@lru_cache(maxsize=4_096)
def _midnight(day: Day, zone: str) -> float:
    return datetime.combine(date.fromordinal(day), time.min, ZoneInfo(zone)).timestamp()
