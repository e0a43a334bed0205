"""What a user was shown lately, as rows of one small array: what caps count and fatigue is told by."""

from __future__ import annotations

import zlib
from typing import Any

import numpy as np
import numpy.typing as npt

Exposures = npt.NDArray[np.void]  # [n] of EXPOSURE, oldest first

MOST = 512  # rows kept of one user

# 28 bytes a row; ids by the CRC-32 of their UTF-8, no campaign is 0.
EXPOSURE = np.dtype(
    [
        ("time", "<f8"),  # when the decision was made, seconds since 1970
        ("ad", "<u8"),  # decision and slot, see `ad_key`
        ("template", "<u4"),
        ("campaign", "<u4"),
        ("placement", "<u4"),
    ]
)

NOTHING: Exposures = np.zeros(0, EXPOSURE)


def row(time: float, decision: bytes, slot: int, template: str, campaign: str | None, placement: str) -> bytes:
    """One row, as it is stored."""
    found: Any = np.array((time, ad_key(decision, slot), named(template), named(campaign), named(placement)), EXPOSURE)
    return bytes(found.tobytes())


def rows(stored: bytes) -> Exposures:
    """What was stored; not to be written to. What is no whole row is left out."""
    whole = len(stored) - len(stored) % EXPOSURE.itemsize
    return np.frombuffer(stored[:whole], EXPOSURE)


def named(identifier: str | None) -> int:
    """The number an id stands as; 0 for none.

    >>> named(None)
    0
    """
    return zlib.crc32(identifier.encode()) if identifier else 0


def ad_key(decision: bytes, slot: int) -> int:
    """The number one ad of one decision stands as."""
    return (int.from_bytes(decision[-8:], "little") + slot) % 2**64
