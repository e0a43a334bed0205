"""What one request may not be shown beyond what the catalog says of itself, and how tired its user is of what."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from bandit.arrays import Flags

Levels = npt.NDArray[np.uint8]


class Limits(NamedTuple):
    """Rows are those of a shelf's templates and placements. A candidate is counted under its first reason."""

    templates: Mapping[str, Flags] = {}  # reason -> bool[t] kept out, in the order reasons are to be given
    placements: Mapping[str, Flags] = {}  # reason -> bool[p] kept out; given after those of templates
    levels: Levels | None = None  # uint8[t] how tired the user is of each template, see bandit.profiles.fatigue


NONE = Limits()
