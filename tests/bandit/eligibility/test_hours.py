"""Parts of days, by the clock on the wall."""

from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bandit.eligibility.hours import Clock, within
from bandit.eligibility.rules import Hours
from tests.bandit.eligibility.requests import hours, times
from tests.entries import laws


def at(local: str) -> float:
    return datetime.fromisoformat(local).timestamp()


NIGHT = Hours(from_=22, to="02:30", days=("fri",), zone="Europe/Berlin")
EARLY = Hours(from_=2, to=3, zone="Europe/Berlin")
OFFICE = Hours(from_=9, to=17, zone="America/New_York")


@pytest.mark.parametrize(
    ("part", "time", "inside"),
    [
        (NIGHT, "2026-11-27T21:59:59+01:00", False),
        (NIGHT, "2026-11-27T22:00:00+01:00", True),  # a Friday
        (NIGHT, "2026-11-28T02:29:59+01:00", True),
        (NIGHT, "2026-11-28T02:30:00+01:00", False),
        (NIGHT, "2026-11-28T22:00:00+01:00", False),  # Saturday evening
        (NIGHT, "2026-11-27T01:00:00+01:00", False),  # the night before belongs to Thursday
        (EARLY, "2026-03-29T00:59:59+00:00", False),  # 01:59:59; the next second is three o'clock
        (EARLY, "2026-03-29T01:00:00+00:00", False),
        (EARLY, "2026-10-25T00:30:00+00:00", True),  # half past two, and an hour later again
        (EARLY, "2026-10-25T01:30:00+00:00", True),
        (EARLY, "2026-10-25T02:00:00+00:00", False),
        (OFFICE, "2026-03-07T14:00:00+00:00", True),  # nine o'clock, the day before the clocks change
        (OFFICE, "2026-03-09T13:00:00+00:00", True),  # and the day after
        (OFFICE, "2026-03-09T21:00:00+00:00", False),
        (Hours(days=("sun",)), "2026-11-29T23:59:59+00:00", True),
    ],
)
def test_a_part_of_a_day_is_by_the_wall_clock(part, time, inside) -> None:
    assert within(part, at(time)) == inside


@laws(100)
@given(st.lists(hours, min_size=1, max_size=4), times)
def test_a_clock_says_of_each_part_what_it_says_itself(parts, now) -> None:
    found = Clock(list(enumerate(parts))).holds(now)
    assert [bool(found >> bit & 1) for bit in range(len(parts))] == [within(part, now) for part in parts]
