"""What is known of the user of a request: read from Redis in one round trip, or else as this worker remembers it.

What was decided for a user counts as seen until its impression can have come, so that a cap holds in between.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec
import structlog

from bandit.errors import Damaged
from bandit.profiles.exposures import time_of, with_rows
from bandit.profiles.profile import UserState
from bandit.profiles.stored import decode
from service import metrics
from service.store.commands import StoreAway
from service.store.users import SHOWN_KEPT, UserStore

PENDING_S = 300.0  # how long an ad counts as seen that no impression was told of
REMEMBERED = 16_384  # users; what is read of them need not be decoded again
NOBODY = UserState()  # of whom nothing is known; not to be changed

log = structlog.get_logger(__name__)


class _Known:
    """A user, as this worker saw it last."""

    __slots__ = ("own", "state", "stored", "unsent")

    def __init__(self) -> None:
        self.stored: bytes | None = None
        self.state = NOBODY  # of `stored`
        self.own: tuple[bytes, ...] = ()  # rows this worker has shown lately
        self.unsent = False  # whether Redis was not told of some


class Users:
    """All users, as one worker sees them."""

    def __init__(self, store: UserStore) -> None:
        self._store = store
        self._known: dict[bytes, _Known] = {}  # the one heard of last stands last
        self._said = False  # whether a damaged state was logged

    def look(self) -> None:
        """Connect where there is no connection. To be called again and again where nobody waits."""
        self._store.look()
        metrics.users_away.set(self._store.away)

    def read(self, pseudonym: bytes, now: float) -> UserState:
        """The state of a user, with ads not known to be seen among its exposures; not to be changed.

        Of a user who refused, there is nothing in it but that.

        pseudonym  16 bytes
        now        seconds since 1970
        """
        try:
            stored, shown = self._store.read(pseudonym)
        except StoreAway:
            known = self._known.get(pseudonym)
            return _merged(known.state, known.own, now) if known else NOBODY
        known = self._known.pop(pseudonym, None)
        if stored is None and known is None:
            return _merged(NOBODY, shown, now) if shown else NOBODY
        known = known or _Known()
        self._remember(pseudonym, known)
        if stored != known.stored:
            known.stored, known.state = stored, self._decoded(stored)
        lost = known.unsent or len(shown) < len(known.own)  # a server that came back has no list
        return _merged(known.state, (*shown, *known.own) if lost else shown, now)

    def shown(self, pseudonym: bytes, rows: Sequence[bytes], now: float) -> None:
        """Note ads that were decided on for a user. Waits for nobody, and fails never.

        rows  of bandit.profiles.exposures
        """
        known = self._known.pop(pseudonym, None) or _Known()
        self._remember(pseudonym, known)
        if known.state.refused:
            return
        known.own = _lately(known.own, rows, now)
        known.unsent = known.unsent and len(known.own) > len(rows)
        try:
            self._store.shown(pseudonym, rows)
        except StoreAway:
            known.unsent = True
            metrics.users_unshown.inc(len(rows))

    def _remember(self, pseudonym: bytes, known: _Known) -> None:
        self._known[pseudonym] = known
        if len(self._known) > REMEMBERED:
            self._known.pop(next(iter(self._known)), None)

    def _decoded(self, stored: bytes | None) -> UserState:
        if stored is None:
            return NOBODY
        try:
            return decode(stored)
        except Damaged as fault:
            metrics.users_damaged.inc()
            if not self._said:
                log.error("user_state_damaged", reason=str(fault))
            self._said = True
            return NOBODY


def _lately(own: tuple[bytes, ...], rows: Sequence[bytes], now: float) -> tuple[bytes, ...]:
    """Rows and those of before them that still count: no more than Redis has, however often somebody asks."""
    gone = 0
    while gone < len(own) and time_of(own[gone]) <= now - PENDING_S:
        gone += 1
    return (*own[gone:], *rows)[-SHOWN_KEPT:]


def _merged(state: UserState, pending: Iterable[bytes], now: float) -> UserState:
    if state.refused:
        return state
    seen = with_rows(state.exposures, pending, max(now - PENDING_S, state.erased))
    return state if seen is state.exposures else msgspec.structs.replace(state, exposures=seen)
