"""XML: the feed of Google Merchant Center, as RSS 2.0 or Atom, namespace `g`.

https://support.google.com/merchants/answer/14987622 and 14990811 are the formats. Entities of the feed's own and
external ones are refused (defusedxml), and nothing of the document is kept once its row is read.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, BinaryIO
from xml.sax import SAXParseException
from xml.sax.handler import ContentHandler, feature_namespaces
from xml.sax.saxutils import escape

import msgspec
from defusedxml.common import DefusedXmlException
from defusedxml.expatreader import create_parser

from bandit.products.product import Product
from bandit.products.rows import field_of
from service.products.feeds.rows import CHUNK, LONGEST, Cut, FeedRow
from service.products.feeds.tables import COLUMNS

GOOGLE = "http://base.google.com/ns/1.0"
_ROWS = ("item", "entry")
_HEAD = f"""<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:g="{GOOGLE}">
<channel>
<title>Products</title>
"""
_AS_SPACE = {"\r": "&#13;", "\n": "&#10;", "\t": "&#9;"}  # parsers turn the first into the second


def read(source: BinaryIO) -> Iterator[FeedRow]:
    """Items of a feed. Raises Cut where it is no XML any more, or has entities of its own."""
    document = _Document()
    parser = create_parser()
    parser.setFeature(feature_namespaces, True)
    parser.setContentHandler(document)
    try:
        while piece := source.read(CHUNK):
            parser.feed(piece)
            yield from document.taken()
        parser.close()
    except DefusedXmlException as fault:
        raise Cut(f"a feed has no entities of its own: {fault}") from None
    except (SAXParseException, LookupError, ValueError) as fault:  # the others: of an encoding there is none of
        yield from document.taken()
        raise Cut(f"behind row {document.number}: {fault}") from None
    yield from document.taken()


def write(products: Iterable[Product], to: BinaryIO) -> None:
    """RSS 2.0 that `read` reads the same."""
    to.write(_HEAD.encode())
    for product in products:
        plain = msgspec.to_builtins(product)
        cells = "".join(f"<g:{COLUMNS[name]}>{_text(value)}</g:{COLUMNS[name]}>" for name, value in plain.items())
        to.write(f"<item>{cells}</item>\n".encode())
    to.write(b"</channel>\n</rss>\n")


def _text(value: Any) -> str:
    if isinstance(value, dict):
        return f"{value['value']!r} {value['currency']}"
    return escape(value, _AS_SPACE) if isinstance(value, str) else repr(value)


class _Document(ContentHandler):
    """Collects rows as the parser comes upon them."""

    def __init__(self) -> None:
        super().__init__()
        self.number = 0
        self._rows: list[FeedRow] = []
        self._within = 0  # elements that are open, from that of a row on; 0 between rows
        self._google: dict[str, str] = {}  # Google's own elements, which count more than those of RSS and Atom
        self._plain: dict[str, str] = {}
        self._text: list[str] = []
        self._size = 0  # characters of the row

    def taken(self) -> list[FeedRow]:
        """The rows that are whole by now."""
        rows, self._rows = self._rows, []
        return rows

    def startElementNS(self, name: tuple[str | None, str], _qname: str | None, attributes: Any) -> None:
        if self._within:
            self._within += 1
            self._text = []
            if name[1] == "link" and (address := attributes.get((None, "href"))):  # Atom's
                self._plain.setdefault("link", address)
        elif name[1] in _ROWS:
            self._within, self._size = 1, 0
            self._google, self._plain = {}, {}

    def characters(self, content: str) -> None:
        if self._within:
            self._size += len(content)
            if self._size <= LONGEST:
                self._text.append(content)

    def endElementNS(self, name: tuple[str | None, str], _qname: str | None) -> None:
        if not self._within:
            return
        self._within -= 1
        if self._within == 0:
            self.number += 1
            cells: Mapping[str, object] = {**self._plain, **self._google}
            too_long = self._size > LONGEST
            fault = f"a row has {LONGEST} characters at most" if too_long else ""
            self._rows.append(FeedRow(self.number, {} if too_long else cells, fault))
        elif self._within == 1 and (field := field_of(name[1])):
            text = "".join(self._text).strip()
            if text:
                (self._google if name[0] == GOOGLE else self._plain).setdefault(field, text)
            self._text = []
