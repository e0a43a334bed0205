"""Flask's errors as problem documents."""

from __future__ import annotations

import msgspec
from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException

from bandit.errors import AdbanditError
from service.web import answers
from service.web.answers import Answer


def response(answer: Answer) -> Response:
    """An answer as Flask sends it."""
    return Response(answer.body, answer.status, dict(answer.headers), mimetype=answer.mimetype)


def problem(status: int, kind: str, title: str, detail: str) -> Response:
    """A problem document about the request being answered."""
    return response(answers.problem(status, kind, title, detail, request.path))


def register(app: Flask) -> None:
    """Answer every error of the app with a problem document."""
    app.register_error_handler(AdbanditError, lambda fault: response(answers.of_error(fault, request.path)))
    for kind in (msgspec.MsgspecError, UnicodeError, RecursionError):
        app.register_error_handler(kind, lambda fault: response(answers.of_decoding(fault, request.path)))
    app.register_error_handler(HTTPException, _of_http)


def _of_http(fault: HTTPException) -> Response:
    answer = answers.http_problem(fault.code or 500, fault.description or "", request.path)
    allowed = getattr(fault, "valid_methods", None)  # 405 names the methods that are taken
    return response(answer._replace(headers=(("Allow", ", ".join(sorted(allowed))),)) if allowed else answer)
