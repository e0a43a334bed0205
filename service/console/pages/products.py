"""The shop's products: in pages from this host's copy, one by one from the store, and by the file of a feed."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from io import BufferedReader, BytesIO
from urllib.parse import quote

import msgspec
from flask import Blueprint, Response, g, request

from bandit.errors import BadInput
from bandit.products.checks import Terms
from bandit.products.product import Product
from bandit.products.rows import product_as_sent
from service.console.changes import Seen
from service.console.editing import SAVED, Tried, differences, remade
from service.console.forms.showing import Form, placed
from service.console.forms.values import texts
from service.console.kinds import Kind, Section
from service.console.page import MOST_FEED, Console, fault, lead, only_for_change, show
from service.products import changing
from service.products.feeds import opening
from service.products.importing import Imported, Refused, import_feed
from service.products.terms import terms
from service.store.products import ProductStore

ROWS = 50  # of a page
PRODUCTS = Kind(
    "products",
    Product,
    (
        Section("about", ("id", "title", "availability", "category", "brand")),
        Section("money", ("price", "sale_price")),
        Section("creative", ("description", "link", "image_url", "video_url")),
    ),
    (),
)


def register(routes: Blueprint, console: Console) -> None:
    store = ProductStore(console.web.store)

    @routes.get("/products")
    def products() -> Response:
        asked, after = request.args.get("q", "").strip()[:128], request.args.get("after", "")[:128]
        if asked:
            one = changing.find(store, asked)
            found = [one] if one else []
        else:
            found = console.web.products.page(after, ROWS + 1)
        more = found[ROWS - 1].id if len(found) > ROWS else ""
        held = console.web.products.count
        return _show("products.html", found=found[:ROWS], asked=asked, after=after, more=more, count=held)

    @routes.get("/products/item")
    def product() -> Response:
        one = changing.find(store, request.args.get("id", ""))
        if one is None:
            return fault(404, "item", name=request.args.get("id", ""))
        return _form(one.id, one, Tried(200, texts(PRODUCTS.fields, msgspec.to_builtins(one)), {}))

    @routes.get("/products/new")
    def new_product() -> Response:
        only_for_change()
        return _form("", None, Tried(200, texts(PRODUCTS.fields, {}), {}))

    @routes.post("/products/item")
    def put_product() -> Response:
        only_for_change()
        product_id, fresh = request.form.get("id", "").strip(), request.form.get("version") == ""
        now = changing.find(store, product_id)
        verb = request.form.get("verb", "")
        if now and verb:
            return _turned(store, console, now, verb)
        found = _tried(product_id, now, fresh, terms(console.web.catalogs.current(), console.web.hosts))
        if found.status != SAVED or found.value is None:
            return _form("" if fresh else product_id, now, found)
        changing.put(store, [msgspec.convert(found.value, Product)], console.web.clock())
        return lead(f"/products/item?id={quote(product_id, safe='')}", "created" if fresh else "saved")

    @routes.post("/products/feed")
    def feed() -> Response:
        only_for_change()
        given = request.files.get("feed")
        if given is None or not given.filename:
            return _show("feed.html", 422, told=None, refused=g.shown.words("fault.required"), faults=None)
        source: BufferedReader = BufferedReader(BytesIO(given.read(MOST_FEED)))
        told: Imported | None = None
        refused, faults = "", None
        try:
            kind = opening.format_of(given.filename, source)
            asked = terms(console.web.catalogs.current(), console.web.hosts)
            replace = request.form.get("replace") == "on"
            told = import_feed(
                opening.read(source, kind), store, asked, console.web.clock(), replace=replace, force=False
            )
            faults = told.faults
        except Refused as wrong:
            refused, faults = wrong.detail, wrong.faults
        except BadInput as wrong:
            refused = wrong.detail
        return _show("feed.html", 422 if refused else 200, told=told, refused=refused, faults=faults)


def _show(template: str, status: int = 200, **given: object) -> Response:
    return show(template, status, images="http: https:", section="products", **given)


def _mark(product: Product | None) -> str:
    """Stands for a product as it is, to know whether it still is."""
    return hashlib.blake2b(msgspec.json.encode(product), digest_size=12).hexdigest() if product else ""


def _tried(product_id: str, now: Product | None, fresh: bool, asked: Terms) -> Tried:
    """A product's form read and checked; not saved yet."""
    before = Seen(None if fresh else now, 0)
    found = remade(PRODUCTS.fields, product_id, before, request.form.to_dict(flat=False))
    if found.faults or found.value is None:
        return found
    if fresh and now:
        return found.taken()
    if not fresh and _mark(now) != request.form.get("version"):
        return found._replace(status=412)
    try:
        given = {name: value for name, value in found.value.items() if value is not None}
        return found._replace(status=SAVED, value=msgspec.to_builtins(product_as_sent(given, asked)))
    except BadInput as wrong:
        return found._replace(status=422, faults=placed(wrong, PRODUCTS.fields))


def _turned(store: ProductStore, console: Console, now: Product, verb: str) -> Response:
    """Taken out of stock, put back, or taken away."""
    if verb == "delete":
        if not request.form.get("sure"):
            return _show("product_sure.html", item=now)
        with suppress(KeyError):
            changing.remove(store, now.id)
        return lead("/products", "deleted")
    stock = "in_stock" if verb == "resume" else "out_of_stock"
    changed = msgspec.structs.replace(now, availability=stock)
    changing.put(store, [changed], console.web.clock())
    return lead(f"/products/item?id={quote(now.id, safe='')}", "active" if verb == "resume" else "paused")


def _form(product_id: str, now: Product | None, found: Tried) -> Response:
    stale = found.status == 412
    mine, theirs = found.value or {}, msgspec.to_builtins(now) if now else {}
    return _show(
        "product.html",
        found.status,
        kind=PRODUCTS,
        grouped=PRODUCTS.grouped(),
        form=Form(found.texts, found.faults, g.shown.words, {}, now.price.currency if now else ""),
        item_id=product_id,
        item=now,
        at=_mark(now),
        gone=stale and now is None,
        differs=differences(PRODUCTS.fields, mine, theirs) if stale and now else [],
    )
