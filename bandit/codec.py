"""Log entries to bytes and back, each with a checksum.

The append-only file of Redis has none, so a flipped bit in it loads as an altered entry.
"""

from __future__ import annotations

import zlib

import msgspec

from bandit.errors import Damaged
from bandit.records import Entry

_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Entry)


def encode(entry: Entry) -> bytes:
    """Four bytes of CRC-32, then msgpack.

    >>> from bandit.records import Tick
    >>> decode(encode(Tick(2.5)))
    Tick(time=2.5)
    """
    body = _encoder.encode(entry)
    return zlib.crc32(body).to_bytes(4, "little") + body


def decode(stored: bytes) -> Entry:
    """The entry that `encode` was given.

    Raises Damaged if the checksum or the schema does not hold.
    """
    body = stored[4:]
    if len(stored) < 5 or zlib.crc32(body) != int.from_bytes(stored[:4], "little"):
        raise Damaged(f"checksum of a log entry of {len(stored)} bytes does not hold")
    try:
        entry: Entry = _decoder.decode(body)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as fault:
        raise Damaged(f"log entry is not of this schema: {fault}") from None
    return entry
