"""Answers as values, problem documents among them; Flask and the front turn them into HTTP.

Every error is `application/problem+json` (RFC 9457).
"""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import NamedTuple

import msgspec

from bandit.errors import AdbanditError, BadInput, Conflict, Forged
from service.catalogs import Stale
from service.deciding.decider import UnknownPolicy
from service.outbox.room import NotWritten
from service.schemas import Fault, Problem
from service.store.commands import StoreAway

JSON = "application/json"
PROBLEM = "application/problem+json"

# On every answer. Nothing here is a page, so a browser that is made to show it as one may load and run nothing.
GUARDS = (
    ("X-Content-Type-Options", "nosniff"),
    ("Cache-Control", "no-store"),
    ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"),
    ("Referrer-Policy", "no-referrer"),
    ("Server", "adbandit"),
)

_AT = re.compile(r" - at `(key in )?\$(?P<path>.*)`\Z", re.DOTALL)

_KINDS: dict[type[AdbanditError], tuple[int, str, str]] = {
    UnknownPolicy: (404, "unknown-policy", "Unknown policy"),
    BadInput: (422, "invalid", "The request breaks a stated bound"),
    Forged: (404, "unknown-decision", "Unknown decision"),
    Stale: (412, "stale", "The catalog has changed"),
    Conflict: (409, "conflict", "The change contradicts what is stored"),
    NotWritten: (503, "not-written", "It could not be written down"),
    StoreAway: (503, "store-away", "The store cannot be reached now"),
}


class Answer(NamedTuple):
    """What goes back for one request."""

    status: int
    body: bytes
    mimetype: str = JSON
    headers: tuple[tuple[str, str], ...] = ()


def problem(status: int, kind: str, title: str, detail: str, instance: str, faults: tuple[Fault, ...] = ()) -> Answer:
    """One problem document about the request to `instance`, its path."""
    body = Problem(
        type=f"urn:adbandit:problem:{kind}",
        title=title,
        status=status,
        detail=detail,
        instance=instance,
        errors=faults,
    )
    headers = (("Retry-After", "1"),) if status == HTTPStatus.SERVICE_UNAVAILABLE else ()
    return Answer(status, msgspec.json.encode(body), PROBLEM, headers)


def http_problem(status: int, detail: str, instance: str) -> Answer:
    """A problem that a status code names well enough."""
    phrase = HTTPStatus(status).phrase
    return problem(status, phrase.lower().replace(" ", "-"), phrase, detail, instance)


def of_error(fault: AdbanditError, instance: str) -> Answer:
    """The problem document of an error raised on purpose."""
    status, kind, title = next(_KINDS[cls] for cls in type(fault).__mro__ if cls in _KINDS)
    faults: tuple[Fault, ...] = ()
    if isinstance(fault, BadInput):
        faults = (Fault(pointer=fault.pointer, code=fault.code, detail=fault.detail),)
    return problem(status, kind, title, str(fault), instance, faults)


def of_decoding(fault: Exception, instance: str) -> Answer:
    """The problem document of a body that does not decode.

    400 if it is not JSON, or nests deeper than we read; 422 if it is not what is wanted.
    """
    if not isinstance(fault, msgspec.ValidationError):
        return problem(400, "not-json", "The body is not JSON", str(fault), instance)
    text = str(fault)
    found = _AT.search(text)
    pointer = "#" + re.sub(r"[.\[]", "/", found["path"]).replace("]", "") if found else "#"
    detail = text[: found.start()] if found else text
    code = "unknown" if "unknown field" in detail else "type" if detail.startswith("Expected `") else "bound"
    entry = Fault(pointer=pointer, code=code, detail=detail)
    return problem(422, "invalid", "The request breaks a stated bound", f"{pointer}: {detail}", instance, (entry,))
