"""Where feeds come from: files, compressed or not, and URLs; and which format they are in."""

from __future__ import annotations

import gzip
import re
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import closing, contextmanager
from enum import StrEnum
from io import BufferedReader
from pathlib import Path
from typing import BinaryIO, cast

import urllib3

from bandit.errors import BadInput
from service.products.feeds import merchant, objects, tables
from service.products.feeds.rows import CHUNK, Cut, FeedRow

MOST = 16 * 1024**3  # bytes of a feed, unpacked; what unpacks to more was made to
FETCH_S = 60.0  # longest wait of a URL for its next bytes
LOOK = 4_096  # bytes that tell the format


class Format(StrEnum):
    """Of feeds."""

    CSV = "csv"
    TSV = "tsv"
    JSON = "json"
    NDJSON = "ndjson"
    XML = "xml"


_BY_SUFFIX = {
    **{f".{format}": format for format in Format},
    ".jsonl": Format.NDJSON,
    ".rss": Format.XML,
    ".atom": Format.XML,
}


@contextmanager
def opened(place: str) -> Iterator[BufferedReader]:
    """The bytes of a file or of what http and https URLs lead to, unpacked if they are gzip.

    Raises BadInput if a URL cannot be fetched, OSError if a file cannot be read.
    """
    if re.match(r"https?://", place):
        with tempfile.TemporaryFile() as file:
            _fetch(place, file)
            file.seek(0)
            yield _unpacked(cast(BufferedReader, file))
    else:
        with Path(place).open("rb") as source:
            yield _unpacked(source)


def read(source: BufferedReader, format: Format) -> Iterator[FeedRow]:
    """Rows of a feed. Raises Cut where it cannot be read on, BadInput if it cannot be read at all."""
    readers = {Format.JSON: objects.read_array, Format.NDJSON: objects.read_lines, Format.XML: merchant.read}
    bounded = cast(BinaryIO, _Bounded(source))
    try:
        yield from readers.get(format, tables.read)(bounded)
    except (EOFError, zlib.error, gzip.BadGzipFile) as fault:
        raise Cut(f"its compression is broken: {fault}") from None


def format_of(place: str, source: BufferedReader) -> Format:
    """The format by the name of a file or URL, else by how it begins."""
    return by_name(place.partition("?")[0].lower().removesuffix(".gz")) or _by_content(source.peek(LOOK)[:LOOK])


def by_name(name: str) -> Format | None:
    """The format that a file's name ends with."""
    return _BY_SUFFIX.get(Path(name).suffix)


def _by_content(begin: bytes) -> Format:
    """
    >>> _by_content(b'{"id": "p"}'), _by_content(b'id,title')
    (<Format.NDJSON: 'ndjson'>, <Format.CSV: 'csv'>)
    """
    begin = begin.removeprefix(b"\xef\xbb\xbf").lstrip()
    if begin.startswith(b"<"):
        return Format.XML
    if begin.startswith(b"[") or re.match(rb'\{\s*"products"\s*:', begin):
        return Format.JSON
    return Format.NDJSON if begin.startswith(b"{") else Format.CSV


def _unpacked(source: BufferedReader) -> BufferedReader:
    return cast(BufferedReader, gzip.open(source)) if source.peek(2)[:2] == b"\x1f\x8b" else source


def _fetch(url: str, file: BinaryIO) -> None:
    try:
        with (
            urllib3.PoolManager(timeout=FETCH_S, retries=urllib3.Retry(3, redirect=5)) as pool,
            closing(pool.request("GET", url, preload_content=False)) as answer,
        ):
            if answer.status != 200:
                raise BadInput("#/feed", "unknown", f"the URL answers {answer.status}")
            size = 0
            for piece in answer.stream(CHUNK):
                size += len(piece)
                if size > MOST:
                    raise BadInput("#/feed", "bound", f"a feed has {MOST} bytes at most")
                file.write(piece)
    except urllib3.exceptions.HTTPError as fault:
        raise BadInput("#/feed", "unknown", f"the URL cannot be fetched: {type(fault).__name__}") from None


class _Bounded:
    """A stream that ends the work once it has given too much."""

    def __init__(self, source: BufferedReader) -> None:
        self._source = source
        self._left = MOST

    def read(self, size: int) -> bytes:
        return self._counted(self._source.read(size))

    def readline(self, size: int) -> bytes:
        return self._counted(self._source.readline(size))

    def _counted(self, piece: bytes) -> bytes:
        self._left -= len(piece)
        if self._left < 0:
            raise Cut(f"a feed has {MOST} bytes at most")
        return piece
