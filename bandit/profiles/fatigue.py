"""How tired a user is of each template, in a few levels: what the model rests an ad by.

A level says how often the template was seen in the last seven days, and how long ago the last time was. It is a
feature of the candidate like any other, so the log, its replay and its checks know nothing special of it.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from bandit.arrays import Positions
from bandit.eligibility.limits import Levels
from bandit.features import Feature
from bandit.kernels import tiring
from bandit.profiles.exposures import Exposures

JUST_S, LATELY_S, WINDOW_S = 600.0, 86_400.0, 7 * 86_400.0

OFTEN, LAST = "seen", "last"  # names of the features; a template may not have features of these names itself
_OFTEN, _LAST = ("1", "2-3", "4+"), ("10m", "1d", "7d")

_SEEN: list[dict[str, Feature]] = [{OFTEN: often, LAST: last} for often in _OFTEN for last in _LAST]
# What the model is told of each level; the first is that of what was not seen.
LEVELS: Final[tuple[dict[str, Feature], ...]] = ({OFTEN: "0"}, *_SEEN)


def levels(exposures: Exposures, templates: Positions, now: float) -> Levels | None:
    """uint8[t] level of each template, see LEVELS; None where the user saw none of them.

    exposures  [n] what the user saw, with times that may be ahead of `now` by a clock's error
    templates  uint32[t] the numbers their ids stand as, see `bandit.profiles.exposures.named`
    now        seconds since 1970

    >>> from bandit.profiles.exposures import NOTHING, named
    >>> levels(NOTHING, np.array([named("sale")], np.uint32), 0.0)
    """
    if not len(exposures):
        return None
    found: Levels = np.empty(len(templates), np.uint8)
    time, template = np.ascontiguousarray(exposures["time"]), np.ascontiguousarray(exposures["template"])
    seen = tiring.levels(time, template, templates, now, JUST_S, LATELY_S, WINDOW_S, found)
    return found if seen else None
