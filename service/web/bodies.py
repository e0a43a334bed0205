"""Reading request bodies within their bound."""

from __future__ import annotations

from flask import request
from werkzeug.exceptions import RequestEntityTooLarge, UnsupportedMediaType

JSON_TYPES = ("application/json", "")
BEACON_TYPES = (*JSON_TYPES, "text/plain")  # what navigator.sendBeacon sends


def body(most: int, types: tuple[str, ...] = JSON_TYPES) -> bytes:
    """The request's body: 415 for another media type, 413 beyond `most` bytes."""
    if request.mimetype not in types:
        raise UnsupportedMediaType(f"{request.mimetype or 'no media type'} is not JSON")
    if (request.content_length or 0) > most:
        raise RequestEntityTooLarge(f"the body has {request.content_length} bytes; {most} at most")
    read = request.stream.read(most + 1)
    if len(read) > most:
        raise RequestEntityTooLarge(f"the body has more than {most} bytes")
    return read
