"""Every format reads back what it wrote, and what is broken is told by its row and goes no further."""

from __future__ import annotations

import gzip
import io
from pathlib import Path
from typing import cast

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bandit.errors import BadInput
from bandit.products.product import Product
from bandit.products.rows import product_of
from service.products import exporting
from service.products.feeds import opening
from service.products.feeds.opening import Format
from service.products.feeds.rows import LONGEST, Cut
from tests.entries import laws
from tests.products import product, products, rows

GOLDEN = Path(__file__).parents[2] / "golden" / "merchant"
HEAD = b"id,title,link,price\n"
GOOD = b"p,Shoe,https://shop.example/p,5 EUR\n"
XML = b'<rss xmlns:g="http://base.google.com/ns/1.0"><channel>'
ITEM = b"<item><g:id>p</g:id><g:title>Shoe</g:title></item>"


def written(found: list[Product], format: Format) -> bytes:
    held = io.BytesIO()
    exporting.write(found, held, format)
    return held.getvalue()


@laws(60)
@given(st.lists(products(), max_size=3), st.sampled_from(Format))
def test_what_is_written_is_read_the_same(found: list[Product], format: Format) -> None:
    again = [product_of(row.cells.items()) for row in rows(written(found, format), format)]
    assert again == found


@pytest.mark.parametrize("name", ["rss", "atom"])
def test_googles_feed_is_read_as_its_specification_says(name: str) -> None:
    wanted = msgspec.json.decode((GOLDEN / "products.json").read_bytes(), type=list[Product])
    assert [product_of(row.cells.items()) for row in rows((GOLDEN / f"{name}.xml").read_bytes(), Format.XML)] == wanted


@pytest.mark.parametrize(
    ("format", "feed", "faults"),
    [
        (Format.CSV, HEAD + b"short\n" + GOOD, {2: "1 cells"}),
        (Format.CSV, HEAD + b'"q"x,' + GOOD + GOOD, {2: "expected after"}),
        (Format.CSV, HEAD + GOOD + b'p,"never closed,', {3: "unexpected end"}),
        (Format.CSV, HEAD + b"p," + b"x" * LONGEST + b"\n" + GOOD, {2: "bytes at most"}),
        (Format.NDJSON, b'{"id": "p"}\n{\n\n[1]\n{"id": "q"}', {2: "not JSON", 4: "list"}),
        (Format.NDJSON, b"x" * (LONGEST + 1) + b"\n{}", {1: "bytes at most"}),
        (Format.NDJSON, b"[" * 100_000, {1: "not JSON"}),
        (Format.JSON, b'[{"id": "p"}, 7]', {2: "int"}),
        (Format.XML, XML + b"<item>" + b"x" * LONGEST + b"y</item></channel></rss>", {1: "characters at most"}),
    ],
)
def test_a_bad_row_is_told_and_the_next_one_read(format: Format, feed: bytes, faults: dict[int, str]) -> None:
    told = {row.number: row.fault for row in rows(feed, format) if row.fault}
    assert told.keys() == faults.keys()
    assert all(faults[number] in told[number] for number in faults)


@pytest.mark.parametrize(
    ("format", "feed"),
    [
        (Format.XML, XML + ITEM),
        (Format.XML, XML + ITEM + b"<item><g:id>q</g:ti"),
        (Format.XML, XML + b"\0"),
        (Format.XML, b'<!DOCTYPE a [<!ENTITY b "cc"><!ENTITY c "&b;&b;&b;">]>' + XML + b"&c;</channel></rss>"),
        (Format.XML, b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]>' + XML + b"&b;</channel></rss>"),
        (Format.XML, b'<?xml version="1.0" encoding="no-such"?>' + XML + b"</channel></rss>"),
        (Format.JSON, b'[{"id": "p"}'),
        (Format.JSON, b'[{"id": "p"}, {"id'),
        (Format.JSON, b'[{"id": "p"} {}]'),
        (Format.JSON, b'{"goods": []}'),
        (Format.JSON, b'[{"id": NaN}]'),
        (Format.JSON, b"[" * 100_000),
        (Format.JSON, b'[{"id": "\xff"}]'),
        (Format.CSV, gzip.compress(HEAD + GOOD * 99)[:-30]),
    ],
)
def test_a_feed_that_ends_in_the_middle_says_so(format: Format, feed: bytes) -> None:
    with pytest.raises(Cut):
        list(opening.read(opening._unpacked(io.BufferedReader(cast(io.RawIOBase, io.BytesIO(feed)))), format))


@pytest.mark.parametrize("feed", [b"", b"title,price\nShoe,5 EUR\n", HEAD.decode().encode("utf-16"), b"\0\0\0"])
def test_a_table_without_a_column_of_ids_is_none(feed: bytes) -> None:
    with pytest.raises(BadInput):
        rows(feed, Format.CSV)


@pytest.mark.parametrize(
    "feed",
    [
        b"\xef\xbb\xbfID\tTitle\tImage Link\r\np\tShoe\tx\r\n",
        b"g:id;title;image_link\np;Shoe;x\n",
        b"id|title|image\np|Shoe|x",
    ],
)
def test_a_table_is_read_whatever_divides_it_and_however_its_columns_are_written(feed: bytes) -> None:
    assert [row.cells for row in rows(feed, Format.CSV)] == [{"id": "p", "title": "Shoe", "image_url": "x"}]


def test_what_is_no_utf8_is_refused_by_its_field() -> None:
    (row,) = rows(HEAD + GOOD.replace(b"Shoe", b"Sho\xe9"), Format.CSV)
    with pytest.raises(BadInput, match="#/title"):
        product_of(row.cells.items())


@laws(100)
@given(st.binary(max_size=60), st.sampled_from(Format), st.integers(0, 3))
def test_whatever_stands_in_a_feed_it_is_rows_or_refused(noise: bytes, format: Format, place: int) -> None:
    feed = written([product()], format)
    at = place * len(feed) // 3
    try:
        found = rows(feed[:at] + noise + feed[at:], format)
    except (BadInput, Cut):
        return
    assert all(row.number >= 1 for row in found)


@pytest.mark.parametrize("format", Format)
def test_a_format_is_known_by_name_and_by_how_it_begins(format: Format, tmp_path: Path) -> None:
    feed = written([product()], format)
    (tmp_path / "feed").write_bytes(gzip.compress(feed))
    with opening.opened(str(tmp_path / "feed")) as source:
        assert opening.format_of("feed", source) == {Format.TSV: Format.CSV}.get(format, format)
        assert opening.format_of(f"https://shop.example/feed.{format}.gz?key=1", source) is format
