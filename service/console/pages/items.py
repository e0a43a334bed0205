"""Campaigns, templates, placements and policies: listed, written, paused and removed."""

from __future__ import annotations

from collections.abc import Callable

import structlog
from flask import Blueprint, Response, abort, g, request

from bandit.catalog import Catalog
from bandit.errors import BadInput, Conflict
from service.catalogs import Catalogs
from service.console.changes import Meanwhile, Seen, delete, save, seen
from service.console.columns import Around, rows, variants
from service.console.editing import Tried, differences, tried, unreached
from service.console.forms.showing import Form
from service.console.forms.values import texts
from service.console.kinds import KINDS, REFERENCES, Kind
from service.console.listing import Asked, listed
from service.console.page import Console, fault, lead, only_for_change, show
from service.store.commands import StoreAway

_KIND = f"<any({','.join(KINDS)}):kind>"
PAUSES = f"<any({','.join(kind.name for kind in KINDS.values() if kind.pauses)}):kind>"

log = structlog.get_logger(__name__)


def register(routes: Blueprint, console: Console) -> None:
    catalogs = console.web.catalogs

    @routes.get(f"/{_KIND}")
    def items(kind: str) -> Response:
        found, catalog = KINDS[kind], catalogs.current()
        asked = Asked.of(request.args, found.columns)
        around = Around.of(catalog, g.shown.words, console.web.clock())
        page = listed(rows(kind, found.columns, catalog, around), found.columns, asked)
        return show("items.html", kind=found, asked=asked, listed=page, section=kind)

    @routes.get(f"/{_KIND}/new")
    def new(kind: str) -> Response:
        only_for_change()
        like = seen(catalogs, kind, request.args.get("from", "")).plain or {}
        shown = texts(KINDS[kind].fields, like | {"id": ""})
        return _form(catalogs, KINDS[kind], Tried(200, shown, {}), Seen(None, catalogs.current().version), "")

    @routes.post(f"/{_KIND}/new")
    def add(kind: str) -> Response:
        only_for_change()
        before = Seen(None, 0)
        item_id = request.form.get("id", "").strip()
        found = tried(catalogs, KINDS[kind], item_id, before, request.form.to_dict(flat=False))
        return _answered(console, KINDS[kind], found, before, item_id="", saved=item_id)

    @routes.get(f"/{_KIND}/<item_id>")
    def item(kind: str, item_id: str) -> Response:
        found = seen(catalogs, kind, item_id)
        if found.item is None:
            return fault(404, "item", name=item_id)
        return _form(
            catalogs, KINDS[kind], Tried(200, texts(KINDS[kind].fields, found.plain or {}), {}), found, item_id
        )

    @routes.post(f"/{_KIND}/<item_id>")
    def change(kind: str, item_id: str) -> Response:
        only_for_change()
        sent, version = request.form.to_dict(flat=False), _version()
        try:
            before = seen(catalogs, kind, item_id, version)
        except StoreAway:
            return _form(catalogs, KINDS[kind], unreached(sent), Seen(None, version), item_id)
        found = tried(catalogs, KINDS[kind], item_id, before, sent)
        return _answered(console, KINDS[kind], found, before, item_id=item_id, saved=item_id)

    @routes.post(f"/{PAUSES}/<item_id>/status")
    def turn(kind: str, item_id: str) -> Response:
        only_for_change()
        status = request.form.get("status", "")
        before = seen(catalogs, kind, item_id, _version())
        if before.plain is None or status not in ("active", "paused"):
            return fault(404, "item", name=item_id)
        if status == "paused" and not request.form.get("sure"):
            return _asks("pause", kind, item_id, before, status=status)
        return _done(console, kind, item_id, lambda: save(
            catalogs, kind, item_id, (before.plain or {}) | {"status": status}, before
        ), f"/{kind}/{item_id}", status)  # fmt: skip

    @routes.post(f"/{_KIND}/<item_id>/delete")
    def remove(kind: str, item_id: str) -> Response:
        only_for_change()
        before = seen(catalogs, kind, item_id, _version())
        if before.item is None:
            return fault(404, "item", name=item_id)
        if not request.form.get("sure"):
            return _asks("delete", kind, item_id, before)
        return _done(console, kind, item_id, lambda: delete(catalogs, kind, item_id, before), f"/{kind}", "deleted")


def _version() -> int:
    given = request.form.get("version", "")
    if not (given.isascii() and given.isdigit() and len(given) < 16):
        abort(400)
    return int(given)


def _answered(console: Console, kind: Kind, found: Tried, before: Seen, *, item_id: str, saved: str) -> Response:
    if found.status != 303:
        return _form(console.web.catalogs, kind, found, before, item_id)
    _noted(console, kind.name, saved, "saved" if item_id else "created")
    return lead(f"/{kind.name}/{saved}", "saved" if item_id else "created")


def _noted(console: Console, kind: str, item_id: str, what: str) -> None:
    """Have this worker use the change at once, and the log say who made it."""
    console.web.serving.refresh()
    key = g.shown.visitor.key
    log.info("catalog_changed", kind=kind, item=item_id, what=what, key=key.id if key else None)


def _done(console: Console, kind: str, item_id: str, change: Callable[[], Catalog], after: str, what: str) -> Response:
    try:
        change()
    except Meanwhile:
        return fault(412, "meanwhile", name=item_id)
    except (BadInput, Conflict) as wrong:
        return fault(409, "refused", name=item_id, detail=wrong.detail if isinstance(wrong, BadInput) else str(wrong))
    _noted(console, kind, item_id, what)
    return lead(after, what)


def _asks(what: str, kind: str, item_id: str, before: Seen, status: str = "") -> Response:
    """The question before a change that is felt at once, for browsers that run no script."""
    return show(
        "sure.html", what=what, kind=KINDS[kind], item_id=item_id, at=before.version, turned=status, section=kind
    )


def _form(catalogs: Catalogs, kind: Kind, found: Tried, before: Seen, item_id: str) -> Response:
    catalog = _last(catalogs)
    named = {word: sorted(item.id for item in getattr(catalog, of)) for word, of in REFERENCES.items()}
    shown = Form(
        found.texts, found.faults, g.shown.words, named, next((policy.currency for policy in catalog.policies), "")
    )
    meanwhile = found.meanwhile
    return show(
        "item.html",
        found.status,
        kind=kind,
        form=shown,
        item_id=item_id,
        at=meanwhile.version if meanwhile else before.version,
        gone=bool(meanwhile and meanwhile.theirs is None),
        differs=differences(kind.fields, found.value or {}, meanwhile.theirs) if meanwhile and meanwhile.theirs else [],
        item=before.item,
        variants=variants(before.item) if kind.name == "templates" and before.item else [],
        section=kind.name,
    )


def _last(catalogs: Catalogs) -> Catalog:
    """The catalog in force, or none of its names while the store is away: the form is shown all the same."""
    try:
        return catalogs.current()
    except StoreAway:
        return Catalog()
