"""An ad as shoppers would see it, as a page for a frame: the one the API makes, behind the console's own door."""

from __future__ import annotations

from flask import Blueprint, Response

from service.console.page import Console, fault
from service.creatives.preview import page, places
from service.web.creatives import POLICY


def register(routes: Blueprint, console: Console) -> None:
    @routes.get("/templates/<item_id>/preview")
    def preview(item_id: str) -> Response:
        catalog = console.web.catalogs.current()
        template = next((one for one in catalog.templates if one.id == item_id), None)
        if template is None:
            return fault(404, "item", name=item_id)
        shown = page(template, places(catalog, template))
        return Response(shown, mimetype="text/html", headers={"Content-Security-Policy": POLICY})
