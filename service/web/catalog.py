"""Templates, placements, campaigns and policies: read and changed one by one or all at once."""

from __future__ import annotations

import re

import msgspec
from flask import Blueprint, Response, request

from bandit.catalog import KINDS, Catalog
from bandit.errors import BadInput
from service.schemas import MOST_BODY, MOST_CATALOG_BODY
from service.web.bodies import body
from service.web.parts import Web
from service.web.problems import problem

_KINDS = f"<any({','.join(KINDS)}):kind>"
_VERSION = re.compile(r'"(?P<quoted>[0-9]{1,15})"|(?P<bare>[0-9]{1,15})')


def blueprint(web: Web) -> Blueprint:
    routes = Blueprint("catalog", __name__)

    @routes.get("/v1/catalog")
    def whole() -> Response:
        return _answer(web.catalogs.current(), msgspec.json.encode(web.catalogs.current()))

    @routes.post("/v1/catalog")
    def replace() -> Response:
        catalog = web.catalogs.replace(body(MOST_CATALOG_BODY), if_match=_if_match())
        web.serving.refresh()
        return _answer(catalog, msgspec.json.encode({"version": catalog.version}))

    @routes.get(f"/v1/{_KINDS}")
    def collection(kind: str) -> Response:
        catalog = web.catalogs.current()
        return _answer(catalog, msgspec.json.encode({kind: getattr(catalog, kind)}))

    @routes.get(f"/v1/{_KINDS}/<item_id>")
    def one(kind: str, item_id: str) -> Response:
        catalog = web.catalogs.current()
        found = next((item for item in getattr(catalog, kind) if item.id == item_id), None)
        return _missing(kind, item_id) if found is None else _answer(catalog, msgspec.json.encode(found))

    @routes.put(f"/v1/{_KINDS}/<item_id>")
    def put(kind: str, item_id: str) -> Response:
        catalog = web.catalogs.put(kind, item_id, body(MOST_BODY), if_match=_if_match())
        web.serving.refresh()
        return _answer(catalog, msgspec.json.encode({"version": catalog.version}))

    @routes.delete(f"/v1/{_KINDS}/<item_id>")
    def delete(kind: str, item_id: str) -> Response:
        try:
            catalog = web.catalogs.delete(kind, item_id, if_match=_if_match())
        except KeyError:
            return _missing(kind, item_id)
        web.serving.refresh()
        return _answer(catalog, msgspec.json.encode({"version": catalog.version}))

    return routes


def _answer(catalog: Catalog, content: bytes) -> Response:
    return Response(content, mimetype="application/json", headers={"ETag": f'"{catalog.version}"'})


def _missing(kind: str, item_id: str) -> Response:
    return problem(404, "unknown-item", "Unknown item", f"there is no {item_id!r} in {kind}")


def _if_match() -> int | None:
    """The catalog version the caller edited, or None if any will do."""
    given = request.headers.get("If-Match", "*").strip()
    if given == "*":
        return None
    found = _VERSION.fullmatch(given)
    if not found:
        raise BadInput("#/headers/If-Match", "type", f"{given!r} is not a catalog version")
    return int(found["quoted"] or found["bare"])
