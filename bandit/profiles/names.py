"""Users and their names: the states of a few users as they are while entries of a log are taken in.

A user of several names has the same state under each. Should some of the names have been written and others not, the
state that has read furthest is the user's, and what erased the others.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from bandit.join import order
from bandit.profiles.activity import Activity, Joined
from bandit.profiles.fold import fold, joined
from bandit.profiles.profile import UserState
from bandit.profiles.seen import Seen, fold_seen

Entry = Activity | Joined | Seen


class _User:
    """One user; every name of theirs leads to the same of these."""

    __slots__ = ("name", "state")

    def __init__(self, name: bytes, state: UserState) -> None:
        self.name = name
        self.state = state

    @property
    def names(self) -> tuple[bytes, ...]:
        return self.state.aliases or (self.name,)


class Names:
    """Some users, by name."""

    def __init__(self, found: Mapping[bytes, UserState]) -> None:
        """
        found  states by name, of all that will be asked for and of all their aliases; who has none is left out
        """
        self._found = found
        self._users: dict[bytes, _User] = {}

    def take(self, position: str, log: str, entry: Entry) -> None:
        """Take an entry in, unless it has been."""
        user = self._user(entry.user)
        if isinstance(entry, Activity):
            user.state = fold(user.state, position, log, entry)
        elif isinstance(entry, Seen):
            user.state = fold_seen(user.state, position, log, entry)
        else:
            one = _User(entry.user, joined(user.state, self._user(entry.alias).state, position, log, entry))
            for name in user.names:  # who has fallen off begins anew: what it did is the user's, and counts there
                self._users[name] = _User(name, UserState(read=one.state.read))
            for name in one.names:
                self._users[name] = one

    def of(self, name: bytes) -> UserState:
        """The state of who has a name."""
        return self._user(name).state

    def states(self) -> dict[bytes, UserState]:
        """The state that is to stand under each name of everybody concerned."""
        return {name: user.state for user in dict.fromkeys(self._users.values()) for name in user.names}

    def _user(self, name: bytes) -> _User:
        if name not in self._users:
            user = _User(name, self._truth(name))
            for one in user.names:
                self._users[one] = user
        return self._users[name]

    def _truth(self, name: bytes) -> UserState:
        """What is so of who has this name; they are alone if their other names have gone on without it."""
        own = self._found.get(name, UserState())
        states = [own, *(self._found[one] for one in own.aliases if one in self._found)]
        logs = sorted({log for state in states for log in state.read})
        furthest = max(states, key=lambda state: _how_far(state, logs))
        if furthest is own or name in furthest.aliases:
            return furthest
        return UserState(read=own.read, erased=own.erased, refused=own.refused)


def _how_far(state: UserState, logs: Iterable[str]) -> tuple[float, list[tuple[int, int]]]:
    return state.erased, [order(state.read.get(log, "0-0")) for log in logs]
