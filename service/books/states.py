"""States of users, taken forward by entries of a log: each entry once, whoever is killed when.

A state says itself how far each log is in it, and is written only over the one it grew from. So a batch may be taken in
again, in other portions, or by two at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

import msgspec
import structlog

from bandit.errors import Damaged
from bandit.profiles.activity import Joined
from bandit.profiles.names import Entry, Names
from bandit.profiles.profile import UserState
from bandit.profiles.stored import decode, encode
from service import metrics
from service.store.books import CHECK_BYTES, Books, Change
from service.store.commands import StoreAway

ATTEMPTS = 20  # at a batch; somebody else writes a state only to erase it
DAY_MS = 86_400_000

Step = tuple[str, Entry]  # position in the log, what stands there
Matched = Callable[[UserState], tuple[str, ...]]  # products for a user, best first

log = structlog.get_logger(__name__)


class Contended(StoreAway):
    """Somebody else keeps writing the same states."""


class Loaded(NamedTuple):
    """Some states as they were read."""

    stored: dict[bytes, bytes | None]  # by name
    states: dict[bytes, UserState]  # of those that have one


class States:
    """All users' states."""

    def __init__(self, books: Books, keep_days: int, matched: Matched | None = None) -> None:
        """
        keep_days  from the last entry of a user to the end of the state
        matched    products for a user whose behaviour changed; None: nothing matches products here
        """
        self._books = books
        self._keep_ms = keep_days * DAY_MS
        self._matched = matched

    def take(self, of: str, steps: Sequence[Step]) -> None:
        """Take entries of a log into the states of their users.

        Raises StoreAway or Contended, and then some are written: take them all in again.
        """
        for _ in range(ATTEMPTS if steps else 0):
            loaded = self.load(_named(steps))
            names = Names(loaded.states)
            for position, entry in steps:
                names.take(position, of, entry)
            if self.put(loaded, self._with_products(loaded.states, names.states())):
                return
        if steps:
            raise Contended("the states of these users are written by somebody else")

    def load(self, names: Iterable[bytes]) -> Loaded:
        """States of users and of all their other names. Raises StoreAway."""
        loaded = Loaded({}, {})
        wanted = list(dict.fromkeys(names))
        while wanted:
            for name, stored in zip(wanted, self._books.states(wanted), strict=True):
                loaded.stored[name] = stored
                if stored and (state := _decoded(name, stored)):
                    loaded.states[name] = state
            more = [alias for name in wanted if name in loaded.states for alias in loaded.states[name].aliases]
            wanted = [name for name in dict.fromkeys(more) if name not in loaded.stored]
        return loaded

    def put(self, loaded: Loaded, states: Mapping[bytes, UserState]) -> bool:
        """Write the states that changed; whether nobody else had. Raises StoreAway."""
        changes = [
            Change(name, (stored or b"")[:CHECK_BYTES], content, 0 if state.refused else self._keep_ms)
            for name, state in states.items()
            if (content := encode(state)) != (stored := loaded.stored.get(name))
        ]
        done = self._books.put_states(changes)
        metrics.states_written.inc(sum(done))
        return all(done)

    def forget_shown(self, names: Sequence[bytes]) -> None:
        """Forget what was decided for users and not seen yet. Raises StoreAway."""
        self._books.forget_shown(names)

    def _with_products(
        self, found: Mapping[bytes, UserState], states: dict[bytes, UserState]
    ) -> dict[bytes, UserState]:
        """The states with products that match, where behaviour changed."""
        if self._matched is None:
            return states
        fresh: dict[int, UserState] = {}
        for name, state in states.items():
            if id(state) not in fresh:
                before = found.get(name)
                same = before is not None and before.profile == state.profile
                fresh[id(state)] = state if same else msgspec.structs.replace(state, matched=self._matched(state))
        return {name: fresh[id(state)] for name, state in states.items()}


def _named(steps: Sequence[Step]) -> list[bytes]:
    names = [entry.user for _, entry in steps]
    return names + [entry.alias for _, entry in steps if isinstance(entry, Joined)]


def _decoded(name: bytes, stored: bytes) -> UserState | None:
    try:
        return decode(stored)
    except Damaged as fault:
        log.error("user_state_damaged", user=name.hex(), reason=str(fault))
        metrics.users_damaged.inc()
        return None
