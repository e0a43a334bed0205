"""Log entries to bytes and back, each with a checksum.

The append-only file of Redis has none, so a flipped bit in it loads as an altered entry.
"""

from __future__ import annotations

import zlib
from typing import TypeVar

import msgspec

from bandit.errors import Damaged
from bandit.records import Entry

Decoded = TypeVar("Decoded")

_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Entry)


def encode(entry: Entry) -> bytes:
    """Four bytes of CRC-32, then msgpack.

    >>> from bandit.records import Tick
    >>> decode(encode(Tick(2.5)))
    Tick(time=2.5)
    """
    return sealed(entry)


def decode(stored: bytes) -> Entry:
    """The entry that `encode` was given.

    Raises Damaged if the checksum or the schema does not hold.
    """
    entry: Entry = opened(stored, _decoder)
    return entry


def sealed(entry: msgspec.Struct) -> bytes:
    """An entry of any log as it is stored: four bytes of CRC-32, then msgpack."""
    body = _encoder.encode(entry)
    return zlib.crc32(body).to_bytes(4, "little") + body


def opened(stored: bytes, decoder: msgspec.msgpack.Decoder[Decoded]) -> Decoded:
    """What `sealed` was given, by the decoder of its log.

    Raises Damaged if the checksum or the schema does not hold.
    """
    body = stored[4:]
    if len(stored) < 5 or zlib.crc32(body) != int.from_bytes(stored[:4], "little"):
        raise Damaged(f"checksum of a log entry of {len(stored)} bytes does not hold")
    try:
        return decoder.decode(body)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as fault:
        raise Damaged(f"log entry is not of this schema: {fault}") from None
