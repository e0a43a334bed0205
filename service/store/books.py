"""What the bookkeeper keeps: states of users, and of each log how far it is taken in.

A state is written only over the one it grew from, and a log's books only if nobody has gone on since.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

from service.store import scripts
from service.store.cluster import Cluster
from service.store.commands import Store, reached

CHECK_BYTES = 4  # of a state: its checksum tells it from others


class Change(NamedTuple):
    """A state to be written."""

    name: bytes  # pseudonym
    before: bytes  # checksum of the state it grew from; empty where there was none
    stored: bytes
    keep_ms: int  # until it expires; 0: never


class Books:
    """Every method raises StoreAway while Redis cannot be reached."""

    def __init__(self, store: Store) -> None:
        self._redis = store.client

    def states(self, names: Sequence[bytes]) -> list[bytes | None]:
        """States of users, as they are stored."""
        return self._each([_state(name) for name in names], lambda to, at: to.get(_state(names[at])))

    def put_states(self, changes: Sequence[Change]) -> list[bool]:
        """Write each state if the one it grew from is still there; which were written."""

        def put(to: Any, at: int) -> None:
            one = changes[at]
            to.eval(scripts.PUT_STATE, 1, _state(one.name), one.before, one.stored, one.keep_ms)

        return [bool(done) for done in self._each([_state(one.name) for one in changes], put)]

    def forget_shown(self, names: Sequence[bytes]) -> None:
        """Forget what was decided for users and not seen yet."""
        keys = [f"{{u:{name.hex()}}}:shown" for name in names]
        self._each(keys, lambda to, at: to.delete(keys[at]))

    def of(self, log: str) -> dict[str, bytes]:
        """The books of a log; empty if there are none."""
        with reached():
            found = self._redis.hgetall(_books(log))
        return {name.decode(): value for name, value in found.items()}

    def commit(self, log: str, fields: Mapping[str, bytes], *, after: str) -> bool:
        """Write fields of a log's books if `read` still is `after` ("" for none); says whether it was.

        The hour is noted with them: the log is kept for who was heard of lately.
        """
        given = [part for pair in fields.items() for part in pair]
        with reached():
            return bool(self._redis.eval(scripts.BOOKS, 1, _books(log), after, *given))

    def _each(self, keys: Sequence[str], ask: Callable[[Any, int], Any]) -> list[Any]:
        """Answers to one command for each key, sent together to each server.

        ask  has a pipeline send the command of a place
        """
        found: list[Any] = [None] * len(keys)
        with reached():
            if isinstance(self._redis, Cluster):
                for some in self._redis.parted(keys):
                    self._redis.with_master(keys[some[0]], partial(_sent, some, ask, found))
            elif keys:
                _sent(range(len(keys)), ask, found, self._redis)
        return found


def _sent(places: Sequence[int], ask: Callable[[Any, int], Any], found: list[Any], server: Any) -> None:
    with server.pipeline(transaction=False) as pipeline:
        for place in places:
            ask(pipeline, place)
        for place, answer in zip(places, pipeline.execute(), strict=True):
            found[place] = answer


def _state(name: bytes) -> str:
    return f"{{u:{name.hex()}}}:state"


def _books(log: str) -> str:
    return f"{{{log}}}:books"
