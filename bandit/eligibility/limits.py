"""What one request may not be shown beyond what the catalog says of itself, and how tired its user is of what.

How a stand is made of it, after what was asked for, status and flight:

1. every reason of `templates`, in order: candidates whose template row is flagged;
2. every reason of `pairs`, in order: candidates whose template row and whose placement row are both flagged;
3. every reason of `placements`, in order: candidates whose placement row is flagged;
4. of what is left, by `priority`: see `bandit.eligibility.priorities`.

A candidate is counted under its first reason only.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from bandit.arrays import Flags

Levels = npt.NDArray[np.uint8]
Ranks = npt.NDArray[np.uint8]
_NO_FLAGS: Mapping[str, Flags] = MappingProxyType({})
_NO_PAIRS: Mapping[str, tuple[Flags, Flags]] = MappingProxyType({})


class Limits(NamedTuple):
    """Rows are those of `shelf.templates` and `shelf.placements`, whatever levels there are. Arrays are not written to.

    `key` is equal where limits of one plan keep out the same, so that what is left may be cached by it; it says nothing
    of `levels`.
    """

    templates: Mapping[str, Flags] = _NO_FLAGS  # reason -> bool[t] kept out, in the order reasons are to be given
    pairs: Mapping[str, tuple[Flags, Flags]] = _NO_PAIRS  # reason -> bool[t], bool[p]; kept out where both are true
    placements: Mapping[str, Flags] = _NO_FLAGS  # reason -> bool[p] kept out
    priority: Ranks | None = None  # uint8[t] higher goes first; None: all alike, nothing is to be done
    levels: Levels | None = None  # uint8[t] how tired the user is of each template, see bandit.profiles.fatigue
    key: bytes = b""  # empty: nothing is kept out, but for `priority`


NONE = Limits()
