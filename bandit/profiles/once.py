"""Each activity once, whoever told it twice: an id counts the first time it stands in the log."""

from __future__ import annotations

from collections import OrderedDict

from bandit.join import order, seconds

WITHIN_S = 3600.0  # how long an id is recognised, by the log's own time
MOST = 50_000  # ids recognised


class Once:
    """The ids that stood in the log lately."""

    def __init__(self, known_from: str = "0-0") -> None:
        """
        known_from  ids before this position are not known
        """
        self._known_from = order(known_from)
        self._seen: OrderedDict[str, str] = OrderedDict()  # id -> where it stands

    def new(self, position: str, identifier: str) -> bool:
        """Whether the id of the next entry is not among those; it is from now on."""
        before_s = seconds(position) - WITHIN_S
        while self._seen and (len(self._seen) >= MOST or seconds(next(iter(self._seen.values()))) < before_s):
            self._seen.popitem(last=False)
        if order(position) < self._known_from or identifier in self._seen:
            return False
        self._seen[identifier] = position
        return True

    def known_from(self, read: str) -> str:
        """The log from here on builds this state again; `read`, the last entry taken in, where nothing is known."""
        return next(iter(self._seen.values()), read)
