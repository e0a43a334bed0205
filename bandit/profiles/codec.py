"""Entries of the log of activity to bytes and back, each with a checksum, as `bandit.codec` does those of a policy."""

from __future__ import annotations

import msgspec

from bandit.codec import opened, sealed
from bandit.profiles.activity import ActivityEntry

_decoder = msgspec.msgpack.Decoder(ActivityEntry)


def encode(entry: ActivityEntry) -> bytes:
    """Four bytes of CRC-32, then msgpack.

    >>> from bandit.profiles.activity import Joined
    >>> decode(encode(Joined("j", b"a", b"u", 2.5)))
    Joined(id='j', alias=b'a', user=b'u', time=2.5)
    """
    return sealed(entry)


def decode(stored: bytes) -> ActivityEntry:
    """The entry that `encode` was given.

    Raises Damaged if the checksum or the schema does not hold.
    """
    entry: ActivityEntry = opened(stored, _decoder)
    return entry
