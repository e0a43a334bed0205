"""Tables: CSV and TSV, with a first line of names. UTF-8, with or without a byte order mark.

Python's reader and not polars': that gives rows one by one with their numbers, goes on behind a bad one, and takes a
tenth of the time that checking a row does.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from typing import BinaryIO, TextIO

import msgspec

from bandit.errors import BadInput
from bandit.products.product import Product
from bandit.products.rows import field_of
from service.products.feeds.rows import CHUNK, LONGEST, FeedRow

DELIMITERS = ",\t;|"
COLUMNS = {
    name: {"image_url": "image_link", "video_url": "video_link", "category": "product_type"}.get(name, name)
    for name in Product.__struct_fields__
}  # ours -> Google's, which other tools take too

CELL = 1 << 16  # characters; a quote that is never closed swallows no more rows than fit
_TOO_LONG = "\0"  # stands for a line that is


def read(source: BinaryIO) -> Iterator[FeedRow]:
    """Rows of a table. Raises BadInput if it has no column of ids."""
    csv.field_size_limit(CELL)
    lines = _lines(source)
    first = next(lines, "")
    delimiter = max(DELIMITERS, key=first.count)
    columns = [field_of(name) for name in next(csv.reader([first], delimiter=delimiter), [])]
    if "id" not in columns:
        named = "its first line names no column `id`: " + repr(first[:80])
        raise BadInput("#/columns", "missing", named if first else "the feed is empty")
    yield from _rows(csv.reader(lines, delimiter=delimiter, strict=True), columns)


def write(products: Iterable[Product], to: TextIO, *, delimiter: str = ",") -> None:
    """A table that `read` reads the same. `to` is opened with newline=""."""
    sheet = csv.writer(to, delimiter=delimiter, lineterminator="\n")
    sheet.writerow(COLUMNS.values())
    for product in products:
        plain = {**msgspec.to_builtins(product), "added": repr(product.added)}
        sheet.writerow([_cell(plain.get(name)) for name in COLUMNS])


def _rows(reader: Iterator[list[str]], columns: list[str | None]) -> Iterator[FeedRow]:
    wanted = [(i, name) for i, name in enumerate(columns) if name is not None]
    number = 1
    while True:
        number += 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as fault:
            yield FeedRow(number, {}, f"{fault}")
            continue
        if not cells:
            continue  # an empty line
        if cells == [_TOO_LONG]:
            yield FeedRow(number, {}, f"a row has {LONGEST} bytes at most")
        elif len(cells) != len(columns):
            yield FeedRow(number, {}, f"it has {len(cells)} cells, and the first line {len(columns)}")
        else:
            yield FeedRow(number, _first_said([(name, cells[i]) for i, name in wanted]))


def _first_said(cells: list[tuple[str, str]]) -> dict[str, str]:
    """By name; where two columns say the same thing, the first one that is not empty counts."""
    found: dict[str, str] = {}
    for name, text in cells:
        if text and name not in found:
            found[name] = text
    return found


def _lines(source: BinaryIO) -> Iterator[str]:
    """Lines as text. What is no UTF-8 becomes half characters, which no product may have."""
    first = True
    while line := source.readline(LONGEST + 1):
        if first:
            first = False
            if line.startswith((b"\xff\xfe", b"\xfe\xff")):
                raise BadInput("#/columns", "type", "it is UTF-16; save it as UTF-8")
            line = line.removeprefix(b"\xef\xbb\xbf")
        if len(line) > LONGEST:
            while line and not line.endswith(b"\n"):
                line = source.readline(CHUNK)
            yield f"{_TOO_LONG}\n"
            continue
        yield line.decode("utf-8", "surrogateescape")


def _cell(value: object) -> object:
    if isinstance(value, dict):
        return f"{value['value']!r} {value['currency']}"
    return "" if value is None else value
