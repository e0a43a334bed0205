"""Activity into user states: each thing counts once, in whatever order it is heard, under whichever name.

`fold` adds what one activity says, `merge` what another name of the user did: see `bandit.profiles.adding` for why it
does not matter which of the names an activity was told under before they were joined.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
import numpy as np

from bandit.join import order
from bandit.profiles.activity import Activity, Joined
from bandit.profiles.adding import added, number, told_by
from bandit.profiles.exposures import pruned, rows
from bandit.profiles.profile import Profile, UserState

ALIASES = 16  # names of one user kept in step, the latest joined

NOBODY = UserState()


def fold(state: UserState, position: str, log: str, entry: Activity) -> UserState:
    """The state after one more entry of the log of activity; the same state if the entry is in it already.

    A purchase whose id is among the last ORDERS of the user counts as told before: two systems of a shop tell of one
    order, and one of them may do so the day after.

    position  of the entry in `log`; later ones are behind it

    >>> from bandit.profiles.activity import LOG
    >>> told = Activity("a", b"u" * 16, "view", 1.7e9, 1.7e9, product="p1", category="shoes")
    >>> state = fold(NOBODY, "1-0", LOG, told)
    >>> fold(state, "1-0", LOG, told) is state, state.profile.categories
    (True, {'shoes': 1.0})
    """
    if _holds(state, position, log):
        return state
    read = {**state.read, log: position}
    if state.refused or entry.time <= state.erased or _is_repeat(state.profile, entry):
        return msgspec.structs.replace(state, read=read)
    return msgspec.structs.replace(state, profile=added(state.profile, told_by(entry)), read=read)


def joined(user: UserState, alias: UserState, position: str, log: str, entry: Joined) -> UserState:
    """The state that both names hold once they are known to be one user; to be kept under each name of its `aliases`.

    Whatever the alias did counts for the user once, however often it is said. Who was joined to another user before
    stays with that one: a device may have two users, and the second is not told what the first has done.

    user   state of `entry.user`
    alias  state of `entry.alias`
    """
    if _holds(user, position, log):
        return user
    if _holds(alias, position, log) and entry.user in alias.aliases:  # kept under this name, and not under the other
        return alias
    read = {**user.read, log: position}
    if entry.alias in user.aliases or entry.alias == entry.user:
        return msgspec.structs.replace(user, read=read)
    theirs = alias.aliases and entry.user not in alias.aliases
    if theirs:
        return msgspec.structs.replace(user, read=read)
    both = user if alias.aliases else merge(user, alias)
    names = dict.fromkeys((*(user.aliases or (entry.user,)), entry.alias))
    return msgspec.structs.replace(both, aliases=_latest_names(names, entry.user), read={**both.read, log: position})


def merge(user: UserState, alias: UserState) -> UserState:
    """What both did and saw, counted once each; of two states that are not one already."""
    refused = user.refused or alias.refused
    read = {**alias.read, **user.read}
    read.update({log: max(user.read[log], alias.read[log], key=order) for log in user.read.keys() & alias.read.keys()})
    return msgspec.structs.replace(
        user,
        profile=Profile() if refused else added(user.profile, alias.profile),
        exposures=b"" if refused else _exposures(user.exposures, alias.exposures),
        matched=() if refused else user.matched or alias.matched,
        read=read,
        erased=max(user.erased, alias.erased),
        refused=refused,
    )


def _holds(state: UserState, position: str, log: str) -> bool:
    read = state.read.get(log)
    return read is not None and order(position) <= order(read)


def _is_repeat(profile: Profile, entry: Activity) -> bool:
    return entry.kind == "purchase" and number(entry.id) in profile.orders


def _exposures(one: bytes, other: bytes) -> bytes:
    """Rows of both, each once, the oldest first."""
    if not one or not other:
        return one or other
    return pruned(np.unique(np.concatenate([rows(one), rows(other)])).tobytes())


def _latest_names(names: Iterable[bytes], user: bytes) -> tuple[bytes, ...]:
    """Names of one user, itself among them whatever falls off."""
    kept = tuple(names)[-ALIASES:]
    return kept if user in kept else (user, *kept[1:])
