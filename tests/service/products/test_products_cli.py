"""`adbandit products`: what it says, its exit status, and feeds out and in again without a change."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from service.products.cli import app
from service.store.products import ProductStore

TABLE = "id,title,link,price\na,Shoe,https://shop.example/a,5 EUR\nb,Boot,https://shop.example/b,6 EUR\n"
BAD = TABLE + "c,[bold]Bag,javascript:x,7 EUR\nd,Bag,https://shop.example/d,-7 EUR\n"


@pytest.fixture
def feed(tmp_path: Path) -> Path:
    (tmp_path / "feed.csv").write_text(TABLE)
    return tmp_path / "feed.csv"


def ran(url: str, *words: object) -> Result:
    return CliRunner().invoke(app, ["products", *map(str, words), "--redis-url", url])


def test_a_good_feed_ends_with_0_and_a_bad_row_with_1(feed: Path, valkey_url: str) -> None:
    assert ran(valkey_url, "import", feed).exit_code == 0
    feed.write_text(BAD)
    told = ran(valkey_url, "import", feed)
    assert (told.exit_code, "2 products kept, 0 removed, 2 rows left out" in told.output) == (1, True)
    assert all(word in told.output for word in ("4", "link", "5", "price"))


def test_a_broken_feed_ends_with_2_and_leaves_all_as_it_was(feed: Path, valkey_url: str, store: ProductStore) -> None:
    ran(valkey_url, "import", feed)
    feed.write_text(TABLE.splitlines()[0])
    told = ran(valkey_url, "import", feed)
    assert (told.exit_code, "no rows" in told.output, store.version()) == (2, True, 1)
    assert ran(valkey_url, "import", feed, "--force").exit_code == 0


@pytest.mark.parametrize("format", ["csv", "tsv", "json", "ndjson", "xml"])
def test_to_import_what_was_exported_changes_nothing(
    feed: Path, valkey_url: str, store: ProductStore, format: str
) -> None:
    ran(valkey_url, "import", feed)
    before, out = store.marks(range(4096)), feed.with_name(f"out.{format}")
    assert "2 products written" in ran(valkey_url, "export", out).output
    assert ran(valkey_url, "import", out).exit_code == 0
    assert store.marks(range(4096)) == before


@pytest.mark.parametrize(
    "words", [("import", "no-such.csv"), ("export", "no.suffix"), ("import", "http://127.0.0.1:9/x")]
)
def test_what_cannot_be_opened_is_told(words: tuple[str, str], valkey_url: str) -> None:
    assert ran(valkey_url, *words).exit_code == 2


@pytest.fixture
def address(feed: Path) -> Iterator[str]:
    class Served(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *given: object) -> None:
            super().__init__(*given, directory=feed.parent)  # type: ignore[arg-type]

        def log_message(self, *_: object) -> None: ...

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Served) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_a_feed_is_fetched_from_a_url(address: str, valkey_url: str) -> None:
    assert ran(valkey_url, "import", f"{address}/feed.csv?key=1").exit_code == 0
    assert ran(valkey_url, "import", f"{address}/none.csv").exit_code == 2
