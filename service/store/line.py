"""One connection whose answers are waited for a short while only, and by looking first: that is how decisions read.

Commands are sent packed, and answered in order. What nobody waits for, or came too late, is passed over by the next
one who waits.
"""

from __future__ import annotations

import select
import ssl
from collections.abc import Callable
from typing import Any

import hiredis
import redis

from service.store.commands import StoreAway

PATIENCE_S = 0.02  # longest wait for an answer
AGAIN_S = 0.002  # the same while the server is late
SILENT_S = 0.5  # a server that has been late for so long is given up
TRIES = 40  # looks for an answer before the processor is given away; to get it back takes longer than most answers
RETRY = 64  # waits after which looking first is tried again where it was in vain
CHUNK = 65_536  # bytes

_MORE = object()  # there is no whole answer yet
_NOT_YET = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)


class Late(StoreAway):
    """The answer is not there in time."""


class Line:
    """One connection. For one thread at a time; raises OSError or redis.RedisError when it is of no more use."""

    def __init__(self, connection: Any, elapsed: Callable[[], float]) -> None:
        """
        connection  made by redis-py, as the URL says
        elapsed     seconds that never step
        """
        self._connection = connection
        self._elapsed = elapsed
        self._socket: Any = connection._sock
        self._socket.setblocking(False)
        self._poll = select.poll()
        self._poll.register(self._socket, select.POLLIN)
        self._reader = hiredis.Reader(notEnoughData=_MORE)
        self._owed = 0  # answers that have not come
        self._tries, self._waits = TRIES, 0
        self._late_since: float | None = None

    def close(self) -> None:
        self._connection.disconnect()

    def send(self, packed: bytes, answers: int) -> None:
        """Send commands that so many answers will come to."""
        if self._socket.send(packed) != len(packed):
            raise BlockingIOError("the server does not read what it is sent")
        self._owed += answers

    def last(self, wanted: int) -> list[Any]:
        """The last answers, so many, of all that are owed. Raises Late, too, and may be used again then."""
        found: list[Any] = []
        give_up_at: float | None = None
        while self._owed:
            answer = self._reader.gets()
            if answer is _MORE:
                give_up_at = give_up_at or self._elapsed() + (PATIENCE_S if self._late_since is None else AGAIN_S)
                self._receive(give_up_at)
            elif isinstance(answer, hiredis.ReplyError):
                raise redis.ResponseError(str(answer))
            elif not isinstance(answer, hiredis.PushNotification):
                self._owed -= 1
                if self._owed < wanted:
                    found.append(answer)
        self._late_since = None
        return found

    def _receive(self, give_up_at: float) -> None:
        for _ in range(self._tries):
            try:
                self._feed()
            except _NOT_YET:
                continue
            return
        self._waits += 1
        self._tries = TRIES if self._waits % RETRY == 0 else self._tries // 2
        while (left_s := give_up_at - self._elapsed()) > 0:
            if self._poll.poll(1000 * left_s + 1):
                try:
                    self._feed()
                except _NOT_YET:  # a part of what is encrypted together
                    continue
                return
        self._late()

    def _feed(self) -> None:
        received = self._socket.recv(CHUNK)
        if not received:
            raise ConnectionResetError("the server closed the connection")
        self._reader.feed(received)

    def _late(self) -> None:
        now = self._elapsed()
        self._late_since = self._late_since or now
        if now - self._late_since > SILENT_S:
            raise TimeoutError(f"nothing came for {SILENT_S} s")
        raise Late("the answer is not there in time")
