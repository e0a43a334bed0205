"""Days by the clock of a zone."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bandit.pacing.zones import bounds, day_of, hour_of, why_not
from tests.entries import laws

ZONES = (
    "UTC",
    "Europe/Berlin",
    "Asia/Kolkata",
    "America/Sao_Paulo",
    "America/Havana",
    "Pacific/Apia",
    "Australia/Lord_Howe",
)


@given(st.floats(2e8, 4e9), st.sampled_from(ZONES))
@laws(100)
def test_a_time_lies_within_its_day(time: float, zone: str) -> None:
    start, end = bounds(day_of(time, zone), zone)
    assert start <= time < end
    assert 0 <= hour_of(time, zone) < 24


@given(st.integers(719_163, 750_000), st.sampled_from(ZONES))
@laws(100)
def test_days_follow_each_other_without_a_gap(day: int, zone: str) -> None:
    start, end = bounds(day, zone)
    assert bounds(day + 1, zone)[0] == end
    assert (end - start) / 3600 in {0.0, 23.0, 23.5, 24.0, 24.5, 25.0, 48.0}  # Samoa left out a day in 2011


@pytest.mark.parametrize(("day", "hours"), [((2026, 3, 29), 23), ((2026, 10, 25), 25), ((2026, 7, 1), 24)])
def test_a_day_is_as_long_as_the_clocks_make_it(day: tuple[int, int, int], hours: int) -> None:
    start, end = bounds(date(*day).toordinal(), "Europe/Berlin")
    assert (end - start) / 3600 == hours


def test_a_day_begins_at_midnight_of_its_zone() -> None:
    start, _ = bounds(date(2026, 1, 15).toordinal(), "Asia/Shanghai")
    assert datetime.fromtimestamp(start, UTC) == datetime(2026, 1, 14, 16, tzinfo=UTC)


@pytest.mark.parametrize(
    "name", ["", ".", "/", "../../etc/passwd", "Europe", "Mars/Base", "\0", "\ud800", "UTC\n", "a" * 64]
)
def test_what_is_no_zone_is_told(name: str) -> None:
    assert why_not(name)
