"""Rows on their way from a feed into buckets: kept in files meanwhile, so that memory does not grow with the feed."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from types import TracebackType
from typing import BinaryIO, NamedTuple

import msgspec

from bandit.products.product import Product
from service.products.buckets import BUCKETS, bucket_of, encode

PARTS = 64  # files; one is in memory at a time
GATHERED = 500  # rows of a part that are written at once

Staged = tuple[int, str, int, bytes]  # row of the feed, id, bucket, the product encoded

_decode = msgspec.msgpack.Decoder(list[Staged]).decode


class Part(NamedTuple):
    """Some of the buckets, with all that a feed has for them."""

    buckets: dict[int, dict[str, Staged]]
    doubles: list[tuple[int, int, str]]  # (row, the later row that counts instead, id)


class Staging:
    """A folder of rows, by bucket; gone when it is left."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="adbandit-")
        self._gathered: list[list[Staged]] = [[] for _ in range(PARTS)]
        self._files: list[BinaryIO] = [open(f"{self._folder.name}/{part}", "w+b") for part in range(PARTS)]  # noqa: SIM115

    def __enter__(self) -> Staging:
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, at: TracebackType | None) -> None:
        for file in self._files:
            file.close()
        self._folder.cleanup()

    def add(self, number: int, product: Product) -> None:
        """Take in the product of a row."""
        bucket = bucket_of(product.id)
        gathered = self._gathered[bucket % PARTS]
        gathered.append((number, product.id, bucket, encode(product)))
        if len(gathered) == GATHERED:
            self._write(bucket % PARTS)

    def parts(self) -> Iterator[Part]:
        """All of it; of an id that comes twice, the last row."""
        for part in range(PARTS):
            self._write(part)
            yield self._part(part)

    def _part(self, part: int) -> Part:
        found = Part({bucket: {} for bucket in range(part, BUCKETS, PARTS)}, [])
        for staged in self._read(part):
            number, product_id, bucket, _ = staged
            earlier = found.buckets[bucket].get(product_id)
            if earlier:
                found.doubles.append((earlier[0], number, product_id))
            found.buckets[bucket][product_id] = staged
        return found

    def _write(self, part: int) -> None:
        packed = encode(self._gathered[part])
        self._files[part].write(len(packed).to_bytes(4, "little") + packed)
        self._gathered[part] = []

    def _read(self, part: int) -> Iterator[Staged]:
        file = self._files[part]
        file.seek(0)
        while size := file.read(4):
            yield from _decode(file.read(int.from_bytes(size, "little")))
