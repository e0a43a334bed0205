"""The routes of products: pages, single ones, and many at once, each good or bad by itself."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from unittest.mock import MagicMock

import pytest

from bandit.links import ANY
from service.access.gate import Access, may
from service.catalogs import Catalogs
from service.products.keeping import Keeping
from service.products.reading import Products
from service.store.commands import Store
from service.store.products import ProductStore
from service.web.app import create_app
from tests.products import SHOE

BOOT = {**SHOE, "id": "b", "title": "Boot"}


@pytest.fixture
def client(valkey_url: str, tmp_path: Path) -> Any:
    store = Store(valkey_url)
    web = MagicMock(
        store=store,
        products=Products(tmp_path),
        catalogs=Catalogs(store),
        hosts=ANY,
        clock=lambda: 7.0,
        elapsed=float,
        access=Access(tmp_path, "127.0.0.1", 1, float),
    )
    return create_app(web).test_client()


def lines(*rows: Any) -> dict[str, Any]:
    text = b"\n".join(row if isinstance(row, bytes) else json.dumps(row).encode() for row in rows)
    return {"data": text, "content_type": "application/x-ndjson"}


def test_a_product_is_put_read_and_removed(client: Any) -> None:
    put = client.put("/v1/products/p-1", json={name: SHOE[name] for name in ("title", "link", "price")})
    assert (put.status_code, put.json, put.headers["ETag"]) == (200, {"version": 1}, '"1"')
    assert client.get("/v1/products/p-1").json == {**SHOE, "added": 7.0}
    assert client.delete("/v1/products/p-1").json == {"version": 2}
    assert [client.get("/v1/products/p-1").status_code, client.delete("/v1/products/p-1").status_code] == [404, 404]


@pytest.mark.parametrize("body", [{"products": [SHOE, {"id": "x"}, BOOT]}, None])
def test_of_many_the_good_are_kept_and_the_bad_named_by_row_and_field(client: Any, body: Any) -> None:
    sent = {"json": body} if body else lines(SHOE, {**BOOT, "link": "javascript:x"}, BOOT, b"", b"{")
    answer = client.post("/v1/products", **sent)
    assert (answer.status_code, answer.json["accepted"]) == (200, 2)
    told = [(fault["row"], fault["field"]) for fault in answer.json["rejected"]]
    assert told == ([(2, "title")] if body else [(2, "link"), (5, "")])


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ({"json": {"products": []}}, 422),
        ({"json": {"products": [], "more": 1}}, 422),
        ({"data": b"{", "content_type": "application/json"}, 400),
        ({"data": b"", "content_type": "application/x-ndjson"}, 422),
        ({"data": b"1\n" * 10_001, "content_type": "application/x-ndjson"}, 422),
        ({"data": b"", "content_type": "text/csv"}, 415),
        ({"data": b" " * (16 * 1024 * 1024 + 1), "content_type": "application/x-ndjson"}, 413),
    ],
)
def test_a_call_that_is_none_changes_nothing(client: Any, sent: dict[str, Any], status: int) -> None:
    assert client.post("/v1/products", **sent).status_code == status


@pytest.mark.parametrize("body", [{"id": "other", **BOOT}, {**SHOE, "colour": "red"}, {**SHOE, "price": "5 EUR"}, {}])
def test_a_product_that_is_not_as_it_should_be_is_refused(client: Any, body: dict[str, Any]) -> None:
    assert client.put("/v1/products/p-1", json=body).status_code == 422


def test_pages_lead_from_one_to_the_next(client: Any, valkey_url: str, tmp_path: Path) -> None:
    client.post("/v1/products", **lines(*({**SHOE, "id": f"p {i}"} for i in range(25))))
    keeping = Keeping(ProductStore(Store(valkey_url)), tmp_path)
    while keeping.round() or keeping.waiting:
        pass
    first = client.get("/v1/products?limit=20")
    second = client.get("/v1/products", query_string={"limit": 20, "after": first.json["next"]})
    assert (first.json["count"], first.headers["ETag"], second.json["next"]) == (25, '"1"', None)
    assert {one["id"] for one in first.json["products"] + second.json["products"]} == {f"p {i}" for i in range(25)}


@pytest.mark.parametrize("limit", ["0", "1001", "-1", "x", "²", ""])
def test_a_page_has_its_bounds(client: Any, limit: str) -> None:
    assert client.get("/v1/products", query_string={"limit": limit}).status_code == 422


@pytest.mark.parametrize("path", ["/v1/products", "/v1/products/p-1"])
def test_report_keys_read_and_admin_keys_write(path: str) -> None:
    assert [may(role, "GET", path) for role in ("decide", "report", "admin")] == [False, True, True]  # type: ignore[arg-type]
    assert [may(role, "PUT", path) for role in ("decide", "report", "admin")] == [False, False, True]  # type: ignore[arg-type]
