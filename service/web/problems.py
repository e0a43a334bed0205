"""Every error as `application/problem+json` (RFC 9457)."""

from __future__ import annotations

import re

import msgspec
from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException

from bandit.errors import AdbanditError, BadInput, Conflict, Forged
from service.catalogs import Stale
from service.deciding import UnknownPolicy
from service.schemas import Fault, Problem
from service.store import StoreAway

_AT = re.compile(r" - at `(key in )?\$(?P<path>.*)`\Z", re.DOTALL)

_STATUS: dict[type[AdbanditError], tuple[int, str, str]] = {
    UnknownPolicy: (404, "unknown-policy", "Unknown policy"),
    BadInput: (422, "invalid", "The request breaks a stated bound"),
    Forged: (404, "unknown-decision", "Unknown decision"),
    Stale: (412, "stale", "The catalog has changed"),
    Conflict: (409, "conflict", "The change contradicts what is stored"),
    StoreAway: (503, "store-away", "The store cannot be reached now"),
}


def problem(status: int, kind: str, title: str, detail: str, faults: tuple[Fault, ...] = ()) -> Response:
    """One problem document."""
    body = Problem(
        type=f"urn:adbandit:problem:{kind}",
        title=title,
        status=status,
        detail=detail,
        instance=request.path,
        errors=faults,
    )
    answer = Response(msgspec.json.encode(body), status, mimetype="application/problem+json")
    if status == 503:
        answer.headers["Retry-After"] = "1"
    return answer


def of_error(fault: AdbanditError) -> Response:
    """The problem document of an error raised on purpose."""
    status, kind, title = next(_STATUS[cls] for cls in type(fault).__mro__ if cls in _STATUS)
    if isinstance(fault, BadInput):
        return problem(
            status,
            kind,
            title,
            str(fault),
            (Fault(pointer=fault.pointer, code=fault.code, detail=fault.detail),),
        )
    return problem(status, kind, title, str(fault))


def of_decoding(fault: Exception) -> Response:
    """The problem document of a body that does not decode: 400 if it is not JSON, 422 if it is not what is wanted."""
    if not isinstance(fault, msgspec.ValidationError):
        return problem(400, "not-json", "The body is not JSON", str(fault))
    text = str(fault)
    found = _AT.search(text)
    pointer = "#" + re.sub(r"[.\[]", "/", found["path"]).replace("]", "") if found else "#"
    detail = text[: found.start()] if found else text
    code = "unknown" if "unknown field" in detail else "type" if detail.startswith("Expected `") else "bound"
    entry = Fault(pointer=pointer, code=code, detail=detail)
    return problem(422, "invalid", "The request breaks a stated bound", f"{pointer}: {detail}", (entry,))


def register(app: Flask) -> None:
    """Answer every error of the app with a problem document."""
    app.register_error_handler(AdbanditError, of_error)
    app.register_error_handler(msgspec.MsgspecError, of_decoding)
    app.register_error_handler(UnicodeError, of_decoding)
    app.register_error_handler(HTTPException, _of_http)


def _of_http(fault: HTTPException) -> Response:
    status = fault.code or 500
    kind = (fault.name or "error").lower().replace(" ", "-")
    return problem(status, kind, fault.name or "Error", fault.description or "")
