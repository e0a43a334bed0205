"""What products are matched by, in Redis.

    matching:{<chunk>}   string  neighbours of the products of a chunk, packed: version, product -> ids
    {matching}:lists     string  what is sought and new, packed: version, Tables without `related`; written last

Each chunk has its own tag, so that a Cluster spreads them.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from typing import TypeVar

import msgspec

from bandit.errors import Damaged
from bandit.matching.tables import Names, Tables
from service.store.commands import Store, reached

Packed = TypeVar("Packed", "Chunk", "Lists")

CHUNKS = 256  # a million products with 20 neighbours each make chunks of some 200 kB
LEVEL = 1  # of zlib


class Chunk(msgspec.Struct, array_like=True):
    """Neighbours of some products."""

    version: int
    related: dict[str, Names]


class Lists(msgspec.Struct, array_like=True):
    """What is sought and what is new, by category."""

    version: int
    trending: dict[str, Names]
    new: dict[str, Names]

    def tables(self) -> Tables:
        """As matching takes them."""
        return Tables({}, self.trending, self.new)


def chunk_of(product: str) -> int:
    """Where a product's neighbours lie.

    >>> 0 <= chunk_of("p-17") < CHUNKS
    True
    """
    return zlib.crc32(product.encode()) % CHUNKS


class MatchingStore:
    """Every method raises StoreAway while the store cannot be reached, Damaged for what nobody wrote so."""

    def __init__(self, store: Store) -> None:
        self._redis = store.client

    def put(self, tables: Tables, version: int) -> None:
        """Publish all tables; until the last of it is written, some chunks are newer than the lists."""
        chunks: list[dict[str, Names]] = [{} for _ in range(CHUNKS)]
        for product, near in tables.related.items():
            chunks[chunk_of(product)][product] = near
        for number, related in enumerate(chunks):
            self._put(f"matching:{{{number}}}", Chunk(version, related))
        self._put("{matching}:lists", Lists(version, dict(tables.trending), dict(tables.new)))

    def lists(self) -> Lists | None:
        """What was published last; None if nothing was."""
        with reached():
            found = self._redis.get("{matching}:lists")
        return None if found is None else _unpacked(found, Lists)

    def chunk(self, number: int) -> Mapping[str, Names]:
        """Neighbours of a chunk's products."""
        with reached():
            found = self._redis.get(f"matching:{{{number}}}")
        return {} if found is None else _unpacked(found, Chunk).related

    def _put(self, key: str, packed: Chunk | Lists) -> None:
        with reached():
            self._redis.set(key, zlib.compress(msgspec.msgpack.encode(packed), LEVEL))


def _unpacked(packed: bytes, kind: type[Packed]) -> Packed:
    try:
        return msgspec.msgpack.decode(zlib.decompress(packed), type=kind)
    except (zlib.error, msgspec.MsgspecError) as fault:
        raise Damaged(f"a table of matches: {fault}") from None
