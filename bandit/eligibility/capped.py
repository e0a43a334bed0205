"""Which caps a user has reached, of all that a shelf has, counted at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal

import numpy as np

from bandit.arrays import Flags
from bandit.eligibility.caps import Cap
from bandit.kernels import capping
from bandit.profiles.exposures import Exposures, named

Field = Literal["template", "campaign", "placement"]
REASONS: Final[dict[Field, str]] = {
    "template": "frequency_cap",
    "campaign": "campaign_cap",
    "placement": "placement_cap",
}
_UNCAPPED = np.iinfo(np.int64).max


class Capped:
    """The caps of all templates, of their campaigns, or of all placements: one thing a row.

    >>> day = Cap(impressions=2, hours=24)
    >>> from bandit.profiles.exposures import EXPOSURE
    >>> shown = np.array([(0.0, 1, named("a"), 0, 0), (3600.0, 2, named("a"), 0, 0)], EXPOSURE)
    >>> daily = Capped("template", [("a", [day]), ("b", [day])])
    >>> [daily.reached(shown, now).tolist() for now in (86_399.0, 86_400.0)]
    [[True, False], [False, False]]
    """

    __slots__ = ("_at", "_field", "_ids", "_least", "_most", "_none", "_rows", "_windows_s")

    def __init__(self, field: Field, things: Sequence[tuple[str, Sequence[Cap]]]):
        """
        field   of an exposure, whose number says what was shown
        things  id and caps of each row; rows may share an id, and then they share what is counted
        """
        capped = [(row, identifier, caps) for row, (identifier, caps) in enumerate(things) if caps]
        self._field, self._none = field, np.zeros(len(things), np.bool_)
        self._rows = np.array([row for row, _, _ in capped], np.intp)
        # Two ids with one number, one chance in four billion a pair, would be counted together.
        numbers = np.array([named(identifier) for _, identifier, _ in capped], np.uint32)
        self._ids, self._at = np.unique(numbers, return_inverse=True)
        windows_s = sorted({3600.0 * cap.hours for _, _, caps in capped for cap in caps})
        most = np.full((len(windows_s), len(capped)), _UNCAPPED, np.int64)
        for i, (_, _, caps) in enumerate(capped):
            for cap in caps:
                window = windows_s.index(3600.0 * cap.hours)
                most[window, i] = min(cap.impressions, most[window, i])
        self._windows_s, self._most = np.array(windows_s, np.float64), most.ravel()
        self._least = int(most.min(initial=_UNCAPPED))  # exposures without which no cap is reached

    def __bool__(self) -> bool:
        """Whether there is any."""
        return len(self._rows) > 0

    def reached(self, exposures: Exposures, now: float) -> Flags:
        """bool[rows]: of which a cap leaves no room for one more. Not to be written to.

        exposures  what the user was shown; what is exactly as old as a window is long counts no more
        now        seconds since 1970
        """
        if len(exposures) < self._least:
            return self._none
        time, shown = np.ascontiguousarray(exposures["time"]), np.ascontiguousarray(exposures[self._field])
        full = np.empty(len(self._rows), np.uint8)
        if not capping.reached(time, shown, now, self._ids, self._at, self._windows_s, self._most, full):
            return self._none
        found = self._none.copy()
        found[self._rows] = full
        return found
