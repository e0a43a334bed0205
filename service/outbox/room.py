"""Whether the outbox takes more: its own limit, and what the disk says to each write.

Both are one case. Decisions go on without being written down, as untrainable ones; events are refused, for the caller
to send again. What refuses is asked again each time, so all goes on by itself once there is room.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import structlog

from bandit.errors import AdbanditError
from service import metrics
from service.outbox.journal import JournalWriter, held_bytes
from service.outbox.shared import Outbox

Written = TypeVar("Written")

log = structlog.get_logger(__name__)


class NotWritten(AdbanditError):
    """The outbox takes nothing just now. Nothing of what was sent is kept: send it again later."""


class Room:
    """What one worker knows of the room its host has. One thread looks, any may write."""

    def __init__(
        self,
        held: Callable[[], int] = int,
        most_bytes: float = float("inf"),
        turn: Callable[[], object] = bool,
    ) -> None:
        """
        held        bytes that journals and outbox of this host hold together
        most_bytes  more are not taken
        turn        called while there are more, for what is shipped to become deletable
        """
        self._held = held
        self._turn = turn
        self._most_bytes = most_bytes
        self._full = False
        self._refusing = False  # whether the last write was refused

    def look(self) -> None:
        """See how much there is; never raises for the disk's sake."""
        try:
            held = self._held()
        except (OSError, sqlite3.Error):  # what cannot be read cannot be written either, and that will tell
            return
        metrics.outbox_bytes.set(held)
        self._full = held >= self._most_bytes
        if self._full:
            self._turn()

    def written(self, write: Callable[[], Written]) -> Written:
        """What `write` returns. Raises NotWritten if there is no room for it, and then nothing was written."""
        try:
            if self._full:
                raise OSError(f"the outbox holds ADBANDIT_OUTBOX_BYTES, {self._most_bytes:.0f} bytes, or more")
            result = write()
        except (OSError, sqlite3.Error) as fault:
            if not self._refusing:  # the first of many alike
                log.error("outbox_refuses", reason=str(fault))
            self._refusing = True
            raise NotWritten("there is no room to write it down") from fault
        if self._refusing:
            self._refusing = False
            log.info("outbox_takes_again")
        return result


def room(folder: Path, own: JournalWriter, common: Outbox, most_bytes: int) -> Room:
    """The room of one host, for one of its workers.

    folder  of the journals
    """
    return Room(lambda: held_bytes(folder) + common.held_bytes(), most_bytes, own.turn)
