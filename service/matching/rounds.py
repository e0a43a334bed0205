"""When tables are made anew: where something has changed, in a process of its own, at most every so often.

A process of its own, since a million products take seconds and the memory of them all; both are given back with it.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import structlog

from service.processes import tied
from service.products.reading import Products

FIRST_S = 2.0  # after a start, so that what is there already is shipped
LOOK_S = 2.0  # between looks whether anything has changed
COMMAND = (sys.executable, "-m", "service.run", "matcher")

Day = tuple[str, int]  # folder, and when something came or went there

log = structlog.get_logger(__name__)


class Rounds:
    """Starts the matcher where it is due. For one thread."""

    def __init__(self, data: Path, every_s: float, elapsed: Callable[[], float]) -> None:
        """
        data     folder of everything kept on this machine
        every_s  between two starts; 0: never
        elapsed  seconds that never step
        """
        self._archive = data / "archive" / "activity"
        self._products = Products(data)
        self._every_s = every_s
        self._elapsed = elapsed
        self._due = elapsed() + FIRST_S
        self._made: tuple[int, frozenset[Day]] = 0, frozenset()  # of what the last tables were made
        self._running: subprocess.Popen[bytes] | None = None

    def look(self) -> None:
        """Start one if it is time and something has changed."""
        if self._running and (status := self._running.poll()) is not None:
            self._running = None
            if status:
                log.error("matcher_failed", status=status)
                self._made = 0, frozenset()
        if not self._every_s or self._running or self._elapsed() < self._due:
            return
        found = self._products.version, self._days()
        self._due = self._elapsed() + LOOK_S
        if found != self._made:
            self._running = subprocess.Popen(tied(COMMAND), stdin=subprocess.DEVNULL)
            self._made, self._due = found, self._elapsed() + self._every_s

    def _days(self) -> frozenset[Day]:
        """The days of the archive. None of their thousands of files is looked at: books are kept in this thread."""
        try:
            return frozenset((day.name, day.stat().st_mtime_ns) for day in os.scandir(self._archive))
        except OSError:  # nothing is archived yet, or a day was removed this moment
            return frozenset()

    def finish(self) -> None:
        """Stop what runs."""
        if self._running:
            self._running.kill()
            self._running.wait()
