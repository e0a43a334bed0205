"""What is kept of one user, for those who may ask for it: shown, erased, and not kept any more.

Whoever is erased leaves the moment of it behind, by which the bookkeeper knows what of the log is not to be taken in
any more; who refuses leaves that, until they consent again.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from bandit.profiles.names import Names
from bandit.profiles.profile import UserState
from service.books.states import ATTEMPTS, Contended, States
from service.store.refusals import Refusals


class People:
    """All users, one by one. Every method raises StoreAway while Redis cannot be reached."""

    def __init__(self, states: States, refusals: Refusals) -> None:
        self._states = states
        self._refusals = refusals

    def state(self, user: bytes) -> UserState | None:
        """The state of a user; None where there is none.

        user  16 bytes pseudonym
        """
        loaded = self._states.load([user])
        return Names(loaded.states).of(user) if user in loaded.states else None

    def erase(self, user: bytes, now: float) -> None:
        """Forget all that was accepted of a user until now, under every name, and that those names are one."""
        self._write(user, lambda state: _emptied(state, now))
        self._write(user, lambda state: state if state.refused else msgspec.structs.replace(state, aliases=()))

    def refuse(self, user: bytes, now: float) -> None:
        """Forget as much, and keep nothing from now on, until `allow`."""
        names = self._write(user, lambda state: msgspec.structs.replace(_emptied(state, now), refused=True))
        self._refusals.add(names)

    def allow(self, user: bytes, now: float) -> None:
        """Keep what comes from now on."""
        names = self._write(
            user, lambda state: msgspec.structs.replace(_emptied(state, now), refused=False), only_refused=True
        )
        self._refusals.remove(names)

    def _write(
        self, user: bytes, change: Callable[[UserState], UserState], *, only_refused: bool = False
    ) -> tuple[bytes, ...]:
        """Write what a change makes of a state under every name; those names."""
        for _ in range(ATTEMPTS):
            loaded = self._states.load([user])
            state = Names(loaded.states).of(user)
            names = state.aliases or (user,)
            if only_refused and not state.refused:
                return names
            if self._states.put(loaded, dict.fromkeys(names, change(state))):
                self._states.forget_shown(names)
                return names
        raise Contended("the state of this user is written by somebody else")


def _emptied(state: UserState, now: float) -> UserState:
    erased = max(now, state.erased)
    return UserState(aliases=state.aliases, read=state.read, erased=erased, refused=state.refused)
