"""Products in buckets: what is stored, compressed and compared as one piece.

A million products make pieces of some 250, which take a millisecond to read and 30 kB each.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Mapping

import msgspec

from bandit.errors import Damaged
from bandit.products.product import Product

BUCKETS = 4_096
LEVEL = 1  # of zlib: a third of the size already, and four times as fast as the default

Rows = dict[str, bytes]  # id -> row

encode = msgspec.msgpack.Encoder().encode
decode = msgspec.msgpack.Decoder(Product).decode

_rows = msgspec.msgpack.Decoder(Rows)


def bucket_of(product_id: str) -> int:
    """Where a product lies.

    >>> bucket_of("p-17")
    2190
    """
    return zlib.crc32(product_id.encode()) % BUCKETS


def pack(rows: Mapping[str, bytes]) -> bytes:
    """The rows of a bucket as they are stored; the same bytes for the same rows."""
    return zlib.compress(_in_order(rows), LEVEL)


def unpack(packed: bytes) -> Rows:
    """The rows of a bucket. Raises Damaged.

    >>> unpack(pack({"a": b"1"}))
    {'a': b'1'}
    """
    if not packed:
        return {}
    try:
        return _rows.decode(zlib.decompress(packed))
    except (zlib.error, msgspec.MsgspecError) as fault:
        raise Damaged(f"a bucket of products: {fault}") from None


def mark_of(rows: Mapping[str, bytes]) -> bytes:
    """What tells a bucket from one with other rows: 16 hex digits."""
    return hashlib.blake2b(_in_order(rows), digest_size=8).hexdigest().encode()


def _in_order(rows: Mapping[str, bytes]) -> bytes:
    return encode(dict(sorted(rows.items())))
