"""Reading request bodies within their bound."""

from __future__ import annotations

from flask import request
from werkzeug.exceptions import RequestEntityTooLarge, UnsupportedMediaType

from service.web.front import JSON_TYPES


def body(most: int) -> bytes:
    """The request's body: 415 for another media type, 413 beyond `most` bytes."""
    if request.mimetype not in JSON_TYPES:
        raise UnsupportedMediaType(f"{request.mimetype} is not JSON")
    if (request.content_length or 0) > most:
        raise RequestEntityTooLarge(f"a body of this path has {most} bytes at most")
    return request.stream.read(most)
