"""Chance that can be looked up again: a draw is a function of what it decides, not of when or where."""

from __future__ import annotations

from hashlib import blake2b

RESOLUTION = 2.0**-53  # step between the numbers; every multiple below 1 is a float


def uniform(decision_id: bytes, slot: int, model_version: int) -> float:
    """A number in [0, 1), evenly spread and independent for each (decision, slot, model version).

    >>> uniform(b"\\x01" * 16, 0, 412)  # doctest: +ELLIPSIS
    0.400025979193...
    """
    asked = decision_id + slot.to_bytes(4, "little") + model_version.to_bytes(8, "little")
    digest = blake2b(asked, digest_size=8, person=b"adbandit/draw").digest()
    return (int.from_bytes(digest, "little") >> 11) * RESOLUTION
