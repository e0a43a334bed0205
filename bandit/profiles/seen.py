"""Ads into user states: each ad that was seen is one exposure, whenever and however often that is told."""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from bandit.happenings import Happened
from bandit.join import order
from bandit.profiles.exposures import pruned, row, time_of, with_rows
from bandit.profiles.profile import UserState


class Seen(NamedTuple):
    """Ads that one log entry says a user saw."""

    user: bytes
    rows: tuple[bytes, ...]  # of bandit.profiles.exposures


def seen_by(happened: list[Happened]) -> list[Seen]:
    """What the happenings of one log entry say users saw.

    >>> seen_by([])
    []
    """
    found: dict[bytes, tuple[bytes, ...]] = {}
    for one in happened:
        if one.kind == "impression" and one.user:
            exposure = row(one.decided, one.decision, one.slot, one.template, one.campaign, one.placement)
            found[one.user] = (*found.get(one.user, ()), exposure)
    return [Seen(user, rows) for user, rows in found.items()]


def fold_seen(state: UserState, position: str, log: str, entry: Seen) -> UserState:
    """The state after one more entry of a policy's log; the same state if the entry is in it already."""
    read = state.read.get(log)
    if read is not None and order(position) <= order(read):
        return state
    exposures = state.exposures
    if not state.refused:
        exposures = pruned(with_rows(exposures, [one for one in entry.rows if time_of(one) > state.erased]))
    return msgspec.structs.replace(state, exposures=exposures, read={**state.read, log: position})
