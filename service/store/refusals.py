"""Who wants nothing to be kept of them, so that decisions know without a look at each user.

{refused}:users     set     pseudonyms, 16 bytes each
{refused}:version   string  moved by each change
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from service.store.commands import Store, reached

_CHANGE = """
redis.call(ARGV[1], KEYS[1], unpack(ARGV, 2))
return redis.call('INCR', KEYS[2])
"""
_KEYS = ("{refused}:users", "{refused}:version")


class Refused(NamedTuple):
    """All of them at one moment."""

    version: int
    users: frozenset[bytes]


class Refusals:
    """Every method raises StoreAway while Redis cannot be reached."""

    def __init__(self, store: Store) -> None:
        self._redis = store.client

    def add(self, users: Sequence[bytes]) -> None:
        """Note that users refuse; 16 bytes each."""
        self._change("SADD", users)

    def remove(self, users: Sequence[bytes]) -> None:
        """Note that users do not refuse any more."""
        self._change("SREM", users)

    def newer(self, known: int) -> Refused | None:
        """All who refuse, if anything changed since a version."""
        with reached():
            version = int(self._redis.get(_KEYS[1]) or 0)
            if version == known:
                return None
            return Refused(version, frozenset(self._redis.smembers(_KEYS[0])))

    def _change(self, command: str, users: Sequence[bytes]) -> None:
        with reached():
            self._redis.eval(_CHANGE, 2, *_KEYS, command, *users)
