"""Caps are counted exactly, over windows that roll."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from bandit.eligibility.capped import Capped
from bandit.eligibility.caps import Cap
from bandit.profiles.exposures import EXPOSURE, NOTHING, named
from tests.entries import laws

NOW_S = 1_800_000_000.0
IDS = ("a", "b", "c")

caps = st.builds(Cap, impressions=st.integers(1, 3), hours=st.sampled_from([0.5, 1, 2, 24]))
things = st.lists(st.tuples(st.sampled_from(IDS), st.lists(caps, max_size=3)), max_size=5)
shown = st.lists(st.tuples(st.sampled_from([*IDS, "other"]), st.integers(0, 12)), max_size=12)  # id, half hours ago


def exposures(some: list[tuple[str, int]]) -> np.ndarray:
    return np.array([(NOW_S - 1800 * ago, i, 0, named(what), 0) for i, (what, ago) in enumerate(some)], EXPOSURE)


def reached(of: list[tuple[str, list[Cap]]], some: list[tuple[str, int]]) -> list[bool]:
    return Capped("campaign", of).reached(exposures(some), NOW_S).tolist()


@laws(200)
@given(things, shown)
def test_a_cap_is_reached_when_as_many_are_younger_than_its_window(of, some) -> None:
    def full(identifier: str, cap: Cap) -> bool:
        return sum(what == identifier and ago < 2 * cap.hours for what, ago in some) >= cap.impressions

    assert reached(of, some) == [any(full(identifier, cap) for cap in its) for identifier, its in of]


@laws(100)
@given(things.filter(bool), shown, caps, st.data())
def test_another_cap_never_lets_more_in(of, some, cap, data) -> None:
    at = data.draw(st.integers(0, len(of) - 1))
    stricter = [(identifier, [*its, cap] if i == at else its) for i, (identifier, its) in enumerate(of)]
    assert (np.array(reached(of, some)) <= np.array(reached(stricter, some))).all()


def test_what_is_exactly_as_old_as_the_window_counts_no_more() -> None:
    once = [("a", [Cap(impressions=1, hours=1)])]
    assert (reached(once, [("a", 2)]), reached(once, [("a", 1)])) == ([False], [True])


def test_who_was_shown_nothing_has_reached_nothing() -> None:
    assert not Capped("template", [("a", [Cap(impressions=1, hours=1)])]).reached(NOTHING, NOW_S).any()
