"""The shop's products: in pages from this host's copy, single ones from the store, and changed there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec
from flask import Blueprint, Response, request
from werkzeug.exceptions import RequestEntityTooLarge

from bandit.errors import BadInput
from bandit.products.checks import Terms
from bandit.products.product import Product
from bandit.products.rows import product_as_sent
from service.products import changing
from service.products.faults import RowFault, row_fault
from service.products.terms import terms
from service.schemas import MOST_BODY, MOST_CATALOG_BODY
from service.store.products import ProductStore
from service.web.bodies import body
from service.web.front import LINES_TYPE
from service.web.parts import Web
from service.web.problems import problem

MOST_ROWS = 10_000  # of one call; a feed of more is for `adbandit products import`
MOST_LISTED = 1_000  # of one page
LISTED = 100


class ProductsRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Products to add or replace, each by itself."""

    products: tuple[msgspec.Raw, ...]


class ProductsAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What became of them."""

    version: int  # of all products
    accepted: int
    rejected: tuple[RowFault, ...]


class ProductsPage(msgspec.Struct, frozen=True, kw_only=True):
    """Some products, in an order of their own that does not change."""

    version: int  # of the copy they are from, some 0.1 s behind
    count: int  # products there are
    products: tuple[Product, ...]
    next: str | None  # what `after` is for the next page; null on the last


def blueprint(web: Web) -> Blueprint:
    routes = Blueprint("products", __name__)
    store = ProductStore(web.store)

    def now_terms() -> Terms:
        return terms(web.catalogs.current(), web.hosts)

    @routes.get("/v1/products")
    def page() -> Response:
        after, limit = request.args.get("after", ""), _limit(request.args.get("limit", str(LISTED)))
        found, held = web.products.page(after, limit + 1), web.products
        more = found[limit - 1].id if len(found) > limit else None
        made = ProductsPage(version=held.version, count=held.count, products=tuple(found[:limit]), next=more)
        return _answer(made.version, made)

    @routes.post("/v1/products")
    def many() -> Response:
        good, bad = _read(_rows(), now_terms())
        version = changing.put(store, good, web.clock())
        return _answer(version, ProductsAnswer(version=version, accepted=len(good), rejected=tuple(bad)))

    @routes.get("/v1/products/<product>")
    def one(product: str) -> Response:
        found = changing.find(store, product)
        return _missing(product) if found is None else _answer(store.version(), found)

    @routes.put("/v1/products/<product>")
    def put(product: str) -> Response:
        given = msgspec.json.decode(body(MOST_BODY), type=dict[str, Any])
        if given.setdefault("id", product) != product:
            raise BadInput("#/id", "bound", f"the body says {given['id']!r} and the path {product!r}")
        version = changing.put(store, [product_as_sent(given, now_terms())], web.clock())
        return _answer(version, {"version": version})

    @routes.delete("/v1/products/<product>")
    def delete(product: str) -> Response:
        try:
            version = changing.remove(store, product)
        except KeyError:
            return _missing(product)
        return _answer(version, {"version": version})

    return routes


def _rows() -> Iterable[bytes | msgspec.Raw]:
    """The products of the body: an object's, or one a line."""
    if request.mimetype != LINES_TYPE:
        rows: Iterable[bytes | msgspec.Raw] = msgspec.json.decode(
            body(MOST_CATALOG_BODY), type=ProductsRequest
        ).products
        return _bounded(rows)
    if (request.content_length or 0) > MOST_CATALOG_BODY:
        raise RequestEntityTooLarge(f"a body of this path has {MOST_CATALOG_BODY} bytes at most")
    return _bounded(request.stream.read(MOST_CATALOG_BODY).splitlines())


def _bounded(rows: Iterable[bytes | msgspec.Raw]) -> Iterator[bytes | msgspec.Raw]:
    found = list(rows)
    if not 0 < len(found) <= MOST_ROWS:
        raise BadInput("#/products", "bound", f"{len(found)} products were sent; one call takes 1 to {MOST_ROWS}")
    return iter(found)


def _read(rows: Iterable[bytes | msgspec.Raw], asked: Terms) -> tuple[list[Product], list[RowFault]]:
    good, bad = [], []
    for row, sent in enumerate(rows, 1):
        try:
            given = msgspec.json.decode(sent, type=dict[str, Any]) if bytes(sent).strip() else None
            if given is not None:  # an empty line is none
                good.append(product_as_sent(given, asked))
        except BadInput as fault:
            bad.append(row_fault(row, fault))
        except (msgspec.MsgspecError, UnicodeError, RecursionError) as fault:
            bad.append(row_fault(row, BadInput("#", "row", str(fault))))
    return good, bad


def _limit(given: str) -> int:
    limit = int(given) if given.isascii() and given.isdigit() and len(given) < 5 else 0
    if not 0 < limit <= MOST_LISTED:
        raise BadInput("#/query/limit", "bound", f"a page has 1 to {MOST_LISTED} products")
    return limit


def _answer(version: int, content: object) -> Response:
    return Response(msgspec.json.encode(content), mimetype="application/json", headers={"ETag": f'"{version}"'})


def _missing(product: str) -> Response:
    return problem(404, "unknown-item", "Unknown item", f"there is no {product!r} in products")
