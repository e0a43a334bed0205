"""Ads shown before they run: POST /v1/creatives/preview, and GET /v1/templates/{id}/preview as a page."""

from __future__ import annotations

from typing import Annotated, TypeVar

import msgspec
from flask import Blueprint, Response, request
from msgspec import Meta

from bandit.catalog import Placement, Template
from bandit.config import Id
from bandit.creatives.filled import Filled
from bandit.errors import BadInput
from bandit.products.product import Product, ProductId
from service.creatives.preview import checked_template, document, page, places, preview
from service.products import changing
from service.schemas import MOST_BODY
from service.store.products import ProductStore
from service.web.bodies import body
from service.web.parts import Web
from service.web.problems import problem

# The page has styles of its own and in its ads, and shows pictures from wherever shops keep them; scripts it has none.
# Frames of `srcdoc` are held to it, too.
POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src http: https: data:; media-src http: https:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
)
LANGUAGE = r"^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,3}\Z"


class PreviewRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What to show. A template or placement is one of the catalog by its id, or stands here."""

    template: Id | Template
    placement: Id | Placement | None = None  # null: nowhere in particular
    products: Annotated[tuple[ProductId, ...], Meta(max_length=10)] = ()  # none: samples
    variant: Annotated[int, Meta(ge=0, le=99)] = 0
    language: Annotated[str, Meta(pattern=LANGUAGE, description="as in BCP 47")] = "en"


class PreviewAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """One ad."""

    filled: Filled
    html: str
    page: str  # HTML of a page of nothing but the ad, for the `srcdoc` of a sandboxed frame


def blueprint(web: Web) -> Blueprint:
    routes = Blueprint("creatives", __name__)

    @routes.post("/v1/creatives/preview")
    def one() -> Response:
        given = msgspec.json.decode(body(MOST_BODY), type=PreviewRequest)
        template = _template(web, given.template)
        found = preview(
            template,
            _placement(web, given.placement),
            _products(web, given.products),
            variant=given.variant,
            language=given.language,
        )
        answer = PreviewAnswer(filled=found.filled, html=found.html, page=document(found.html, dark=False))
        return Response(msgspec.json.encode(answer), mimetype="application/json")

    @routes.get("/v1/templates/<item_id>/preview")
    def all_of_it(item_id: str) -> Response:
        catalog = web.catalogs.current()
        template = next((one for one in catalog.templates if one.id == item_id), None)
        if template is None:
            return problem(404, "unknown-item", "Unknown item", f"there is no {item_id!r} in templates")
        named = request.args.get("placement")
        where = [_placement(web, named)] if named else places(catalog, template)
        shown = page(template, where, _products(web, request.args.getlist("product")[:10]))
        return Response(shown, mimetype="text/html", headers={"Content-Security-Policy": POLICY})

    return routes


def _template(web: Web, given: str | Template) -> Template:
    if isinstance(given, Template):
        return checked_template(given, web.hosts, "#/template")
    return _found(web.catalogs.current().templates, given, "#/template")


def _placement(web: Web, given: str | Placement | None) -> Placement:
    if given is None:
        return Placement(id="anywhere")
    return given if isinstance(given, Placement) else _found(web.catalogs.current().placements, given, "#/placement")


Item = TypeVar("Item", Template, Placement)


def _found(items: tuple[Item, ...], item_id: str, at: str) -> Item:
    for item in items:
        if item.id == item_id:
            return item
    raise BadInput(at, "unresolved", f"{item_id[:64]!r} is not in the catalog")


def _products(web: Web, ids: list[str] | tuple[str, ...]) -> list[Product]:
    """Raises BadInput for an id that no product has."""
    store, found = ProductStore(web.store), list[Product]()
    for i, product_id in enumerate(ids):
        product = changing.find(store, product_id)
        if product is None:
            raise BadInput(f"#/products/{i}", "unresolved", "there is no product of this id")
        found.append(product)
    return found
