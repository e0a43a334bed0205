"""What a user was shown lately, as rows of one small array: what caps count and fatigue is told by."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

Exposures = npt.NDArray[np.void]  # [n] of EXPOSURE, oldest first

MOST = 512  # rows kept of one user
KEPT_S = 31 * 86_400.0  # before the newest row: no cap looks further back

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

_row = struct.Struct("<dQIII")  # as EXPOSURE; numpy takes ten times as long for one
_time = struct.Struct("<d")
_AD = slice(8, 16)  # bytes of a row
assert _row.size == EXPOSURE.itemsize, "a row is packed as it is read"


def row(time: float, decision: bytes, slot: int, template: str, campaign: str | None, placement: str) -> bytes:
    """One row, as it is stored."""
    return _row.pack(time, ad_key(decision, slot), named(template), named(campaign), named(placement))


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


def with_rows(stored: bytes, new: Iterable[bytes], since: float = 0.0) -> bytes:
    """What is stored and new rows besides, each ad once, oldest first.

    since  new rows that are not later are left out, seconds since 1970

    >>> shown = row(5.0, b"12345678", 0, "sale", None, "hero")
    >>> with_rows(with_rows(b"", [shown]), [shown, b"no row"]) == shown
    True
    """
    last = _time.unpack_from(stored, len(stored) - _row.size)[0] if stored else since
    found: dict[bytes, bytes] = {}  # ad -> row
    ordered = True
    for one in new:
        if len(one) != _row.size:
            continue
        (time,) = _time.unpack_from(one)
        if time > since and one[_AD] not in found and not (stored and holds(stored, one)):
            found[one[_AD]] = one
            ordered = ordered and time >= last
            last = time
    if ordered:
        return stored + b"".join(found.values()) if found else stored
    for one in found.values():
        stored = _inserted(stored, one, time_of(one))
    return stored


def pruned(stored: bytes) -> bytes:
    """The last MOST rows, of KEPT_S."""
    if not stored:
        return stored
    oldest = _time.unpack_from(stored, len(stored) - _row.size)[0] - KEPT_S
    at = max(0, len(stored) - MOST * _row.size)
    while _time.unpack_from(stored, at)[0] <= oldest:
        at += _row.size
    return stored[at:]


def time_of(one: bytes) -> float:
    """When the decision of a row was made, seconds since 1970."""
    found: float = _time.unpack_from(one)[0]
    return found


def holds(stored: bytes, one: bytes) -> bool:
    """Whether there is a row of the same ad."""
    at = stored.find(one[_AD], _AD.start)
    while at >= 0 and at % _row.size != _AD.start:
        at = stored.find(one[_AD], at + 1)
    return at >= 0


def _inserted(stored: bytes, one: bytes, time: float) -> bytes:
    at = len(stored)
    while at and _time.unpack_from(stored, at - _row.size)[0] > time:
        at -= _row.size
    return stored[:at] + one + stored[at:]
