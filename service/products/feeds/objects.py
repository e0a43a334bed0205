"""JSON: an array of products, {"products": [...]}, or one product a line (NDJSON)."""

from __future__ import annotations

import json
import re
from codecs import getincrementaldecoder
from collections.abc import Iterable, Iterator
from typing import Any, BinaryIO, NoReturn

import msgspec

from bandit.products.product import Product
from bandit.products.rows import field_of
from service.products.feeds.rows import CHUNK, LONGEST, Cut, FeedRow

_PIECE = 4 * LONGEST  # read at once, so that a row is whole in memory before it is looked at
_BEGIN = re.compile(r'\s*(?:\{\s*"products"\s*:\s*)?(\[)')
_SPACE = re.compile(r"[ \t\r\n]*")


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number of JSON")


def _whole(digits: str) -> int | float:
    return int(digits) if len(digits) < 20 else float(digits)  # Python refuses longer ones, after 4,300 digits


_decode = json.JSONDecoder(parse_constant=_no_number, parse_int=_whole).raw_decode


def read_array(source: BinaryIO) -> Iterator[FeedRow]:
    """Products of an array, read piece by piece. Raises Cut where it is no JSON any more."""
    text = _Text(source)
    found = _BEGIN.match(text.held)
    if not found:
        raise Cut('a feed in JSON is an array of products, or {"products": [...]}')
    text.pass_to(found.end())
    number = 0
    while (mark := text.next_mark()) != "]":
        number += 1
        if number > 1:
            if mark != ",":
                raise Cut(f"row {number}: a comma or the end of the array was wanted")
            text.pass_to(text.at + 1)
            text.next_mark()
        try:
            value, end = _decode(text.held, text.at)
        except (ValueError, RecursionError) as fault:
            raise Cut(f"row {number}: {str(fault)[:200]}") from None
        text.pass_to(end)
        yield _row(number, value)


def read_lines(source: BinaryIO) -> Iterator[FeedRow]:
    """A product a line; a bad line is told, and the next one read."""
    number = 0
    while line := source.readline(LONGEST + 1):
        number += 1
        if len(line) > LONGEST:
            while line and not line.endswith(b"\n"):
                line = source.readline(CHUNK)
            yield FeedRow(number, {}, f"a row has {LONGEST} bytes at most")
            continue
        if line := line.removeprefix(b"\xef\xbb\xbf").strip():
            yield _line(number, line)


def write_array(products: Iterable[Product], to: BinaryIO) -> None:
    """{"products": [...]}, a line each."""
    between = b'{"products": [\n'
    for product in products:
        to.write(between + msgspec.json.encode(product))
        between = b",\n"
    to.write(b"\n]}\n" if between == b",\n" else between + b"]}\n")


def write_lines(products: Iterable[Product], to: BinaryIO) -> None:
    """One product a line."""
    for product in products:
        to.write(msgspec.json.encode(product) + b"\n")


def _line(number: int, line: bytes) -> FeedRow:
    try:
        return _row(number, msgspec.json.decode(line))
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as fault:
        return FeedRow(number, {}, f"it is not JSON: {str(fault)[:200]}")


def _row(number: int, value: Any) -> FeedRow:
    if not isinstance(value, dict):
        return FeedRow(number, {}, f"a product is an object, and this is {type(value).__name__}")
    return FeedRow(number, {field: value[name] for name in value if (field := field_of(name))})


class _Text:
    """What of a stream is held, and how far it was read."""

    def __init__(self, source: BinaryIO) -> None:
        self._source = source
        self._decoder = getincrementaldecoder("utf-8-sig")()
        self._ended = False
        self.held, self.at = "", 0
        self.pass_to(0)

    def pass_to(self, at: int) -> None:
        """Go to a place of what is held, and hold a whole row behind it, if there is one."""
        self.at = at
        if self._ended or len(self.held) - at > LONGEST:
            return
        piece = self._source.read(_PIECE)
        self._ended = not piece
        try:
            self.held = self.held[at:] + self._decoder.decode(piece, final=self._ended)
        except UnicodeDecodeError as fault:
            raise Cut(f"it is not UTF-8: {fault.reason}") from None
        self.at = 0

    def next_mark(self) -> str:
        """The next character that is no space. Raises Cut at the end."""
        found = _SPACE.match(self.held, self.at)
        self.pass_to(found.end() if found else self.at)
        if self.at >= len(self.held):
            raise Cut("the end of the array is missing")
        return self.held[self.at]
