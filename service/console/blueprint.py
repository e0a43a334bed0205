"""All pages under /console, behind their own door."""

from __future__ import annotations

import msgspec
import structlog
from flask import Blueprint, Response, abort, request
from werkzeug.exceptions import HTTPException

from bandit.errors import AdbanditError
from service.console import door
from service.console.page import FILES, HOME, Console, fault, file
from service.console.pages import help as keys
from service.console.pages import items, overview, previews, products, proposals, users
from service.console.sessions import Failures, Sessions
from service.store.commands import StoreAway
from service.web.parts import Web

log = structlog.get_logger(__name__)

_WORDS = {400: "request", 403: "role", 404: "page", 405: "page", 413: "long"}


def blueprint(web: Web) -> Blueprint:
    """Nothing is opened or read before the first request."""
    routes = Blueprint("console", __name__, url_prefix=HOME)
    console = Console(web, Sessions(web.signer.console, web.access, web.clock), Failures(web.elapsed))
    door.register(routes, console)
    for page in (overview, previews, proposals, items, products, users, keys):
        page.register(routes, console)

    @routes.get("/static/<name>")
    def static_file(name: str) -> Response:
        if name not in FILES:
            abort(404)
        known = "v" in request.args  # the address changes with the files
        kept = {"Cache-Control": "public, max-age=31536000, immutable"} if known else {}
        return Response(file(name), headers=kept, mimetype=FILES[name])

    @routes.route("/<path:rest>", methods=["GET", "POST"])
    def nothing(rest: str) -> Response:
        abort(404)

    routes.register_error_handler(HTTPException, _of_http)
    routes.register_error_handler(AdbanditError, _of_error)
    for kind in (msgspec.MsgspecError, UnicodeError, RecursionError):
        routes.register_error_handler(kind, lambda _: fault(400, "request"))
    return routes


def _of_http(wrong: HTTPException) -> Response:
    status = wrong.code or 500
    return fault(status, _WORDS.get(status, "request"))


def _of_error(wrong: AdbanditError) -> Response:
    if isinstance(wrong, StoreAway):
        return fault(503, "away")
    log.warning("console_refused", reason=str(wrong))
    return fault(422, "refused", name="", detail=str(wrong))
