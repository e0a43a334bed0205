"""Things users do, for the tests of profiles and of what accepts them."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import count

from hypothesis import strategies as st

from bandit.profiles.activity import LOG, Activity
from bandit.profiles.fold import NOBODY, fold
from bandit.profiles.profile import DAY_S, UserState

NOW_S = 1_800_000_000.0
_ids = count()
USER, ALIAS, OTHER = b"u" * 16, b"a" * 16, b"o" * 16

# Fewer names than are kept, so that nothing falls off a list.
activities = st.builds(
    Activity,
    id=st.uuids().map(str),
    user=st.just(USER),
    kind=st.sampled_from(["view", "search", "add_to_cart", "purchase", "review", "dwell"]),
    time=st.just(NOW_S),
    occurred=st.floats(NOW_S - 3 * DAY_S, NOW_S + DAY_S) | st.floats(NOW_S - 90 * DAY_S, NOW_S),
    channel=st.sampled_from(["web", "app", "mini_program", "store"]),
    product=st.sampled_from(["", "p1", "p2", "p3", "p4"]),
    category=st.sampled_from(["", "shoes", "bags", "hats"]),
    brand=st.sampled_from(["", "acme", "zeta"]),
    price=st.just(0.0) | st.floats(0.01, 1e6),
    quantity=st.integers(0, 9),
    dwell_s=st.floats(0.0, 1e4),
    tokens=st.lists(st.integers(0, 2**32 - 1), max_size=4).map(tuple),
    sentiment=st.none() | st.floats(-1.0, 1.0),
)


def activity(kind: str = "view", at: float = NOW_S, **fields: object) -> Activity:
    """One thing a user did; an id of its own unless told otherwise."""
    return Activity(**{"id": str(next(_ids)), "user": USER, "kind": kind, "time": at, "occurred": at, **fields})  # type: ignore[arg-type]


def state_of(entries: Iterable[Activity], *, start: int = 1) -> UserState:
    """What is left of entries that stand in the log one behind the other."""
    state = NOBODY
    for number, entry in enumerate(entries, start):
        state = fold(state, f"{number}-0", LOG, entry)
    return state
