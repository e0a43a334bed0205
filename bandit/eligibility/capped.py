"""Which caps a user has reached, of all that a shelf has, counted at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal

import numpy as np

from bandit.arrays import Flags
from bandit.eligibility.caps import Cap
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

    __slots__ = ("_at", "_field", "_ids", "_most", "_none", "_rows", "_windows_s")

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
        self._windows_s = tuple(sorted({3600.0 * cap.hours for _, _, caps in capped for cap in caps}))
        self._most = np.full((len(self._windows_s), len(capped)), _UNCAPPED, np.int64)
        for i, (_, _, caps) in enumerate(capped):
            for cap in caps:
                window = self._windows_s.index(3600.0 * cap.hours)
                self._most[window, i] = min(cap.impressions, self._most[window, i])

    def __bool__(self) -> bool:
        """Whether there is any."""
        return len(self._rows) > 0

    def reached(self, exposures: Exposures, now: float) -> Flags:
        """bool[rows]: of which a cap leaves no room for one more.

        exposures  what the user was shown; what is exactly as old as a window is long counts no more
        now        seconds since 1970
        """
        if not self:
            return self._none
        shown = exposures[self._field]
        at = self._ids.searchsorted(shown)
        known = self._ids.take(at, mode="clip") == shown
        at, age_s = at[known], now - exposures["time"][known]
        full = np.zeros(len(self._rows), np.bool_)
        for window_s, most in zip(self._windows_s, self._most, strict=True):
            full |= np.bincount(at[age_s < window_s], minlength=len(self._ids))[self._at] >= most
        found = self._none.copy()
        found[self._rows] = full
        return found
