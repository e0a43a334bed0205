"""Many names of one user: what each did counts once, under whichever of them it is asked for."""

from __future__ import annotations

import pytest

from bandit.profiles.activity import LOG, Activity, Joined
from bandit.profiles.fold import ALIASES
from bandit.profiles.names import Names

USER = bytes(16)


def name(number: int) -> bytes:
    return number.to_bytes(16, "big")


def viewed(number: int, user: bytes) -> Activity:
    return Activity(f"v{number}", user, "view", float(number), float(number), product=f"p{number}", category="shoes")


@pytest.mark.parametrize("devices", [1, ALIASES - 1, ALIASES, 20])
def test_whatever_was_done_under_a_name_that_joined_counts_once(devices) -> None:
    names, position = Names({}), 0
    for device in range(1, devices + 1):
        for entry in (viewed(device, name(device)), Joined(f"j{device}", name(device), USER, float(device))):
            position += 1
            names.take(f"{position}-0", LOG, entry)
    assert names.of(USER).profile.counts == {"view": devices}
    assert names.states()[USER].profile.counts == {"view": devices}


def test_a_name_that_fell_off_begins_anew() -> None:
    names = Names({})
    for device in range(1, 21):
        names.take(f"{device}-0", LOG, viewed(device, name(device)))
        names.take(f"{device}-1", LOG, Joined(f"j{device}", name(device), USER, float(device)))
    fallen = next(one for one in map(name, range(1, 21)) if one not in names.of(USER).aliases)
    names.take("50-0", LOG, viewed(50, fallen))
    assert names.of(fallen).profile.counts == {"view": 1}
    assert names.of(USER).profile.counts == {"view": 20}
