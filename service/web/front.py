"""The paths that are asked for all the time, answered before Flask is: a bare WSGI callable around the app.

Routing, request objects and hooks of Flask take longer than a decision does. What is answered here is the same
code by the same contract: values of `service.web.answers`, counted by `service.web.counting`.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Mapping
from http import HTTPStatus
from typing import Any, NamedTuple

import msgspec
import structlog

from bandit.errors import AdbanditError
from service.web import answers
from service.web.admission import admitted
from service.web.answers import Answer
from service.web.counting import counted
from service.web.parts import Web

JSON_TYPES = ("application/json", "")
BEACON_TYPES = (*JSON_TYPES, "text/plain")  # what navigator.sendBeacon sends
LINES_TYPE = "application/x-ndjson"

Environment = dict[str, Any]
StartResponse = Callable[..., Any]
Wsgi = Callable[[Environment, StartResponse], Iterable[bytes]]

log = structlog.get_logger(__name__)

_LINES = {status.value: f"{status.value} {status.phrase}" for status in HTTPStatus}


class Route(NamedTuple):
    """What is done with a POST to one path."""

    answer: Callable[[bytes], Answer]
    most: int  # bytes of the body
    types: tuple[str, ...]  # media types taken
    lines: Callable[[bytes], Answer] | None = None  # what is done with NDJSON, where that is taken, too


class Front:
    """Answers POSTs to its routes and hands everything else to the app."""

    def __init__(self, web: Web, routes: Mapping[str, Route], app: Wsgi) -> None:
        self._web = web
        self._routes = routes
        self._app = app

    def __call__(self, environment: Environment, start_response: StartResponse) -> Iterable[bytes]:
        path = environment["PATH_INFO"]
        route = self._routes.get(path)
        started = self._web.elapsed()
        answer = admitted(self._web.access, environment)
        if answer is None:
            if route is None:
                return self._app(environment, start_response)
            answer = _answered(route, environment, path)
        timing = counted(path if route else "refused", answer.status, self._web.elapsed() - started)
        headers = [("Content-Type", answer.mimetype), ("Content-Length", str(len(answer.body))), timing]
        start_response(_LINES[answer.status], [*headers, *answer.headers, *answers.GUARDS])
        return [answer.body]  # a list: Granian sends it in one piece, and anything else through an iterator


def _answered(route: Route, environment: Environment, path: str) -> Answer:
    try:
        refusal = _refused(route, environment, path)
        if refusal:
            return refusal
        body = _body(route, environment)
        answer = route.lines if route.lines and _media(environment) == LINES_TYPE else route.answer
        return answer(body) if len(body) <= route.most else _too_long(route, path)
    except AdbanditError as fault:
        return answers.of_error(fault, path)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as fault:
        return answers.of_decoding(fault, path)
    except (OSError, sqlite3.Error) as fault:
        log.exception("not_written", path=path)
        return answers.problem(503, "not-written", "It could not be written down", str(fault), path)


def _refused(route: Route, environment: Environment, path: str) -> Answer | None:
    if environment["REQUEST_METHOD"] != "POST":
        refusal = answers.http_problem(405, "this path takes POST only", path)
        return refusal._replace(headers=(("Allow", "POST"),))
    kind = _media(environment)
    if kind not in route.types and not (route.lines and kind == LINES_TYPE):
        return answers.http_problem(415, f"{kind} is not JSON", path)
    if int(environment.get("CONTENT_LENGTH") or 0) > route.most:
        return _too_long(route, path)
    return None


def _media(environment: Environment) -> str:
    given: str = environment.get("CONTENT_TYPE", "")
    return given.partition(";")[0].strip().lower()


def _too_long(route: Route, path: str) -> Answer:
    return answers.http_problem(413, f"a body of this path has {route.most} bytes at most", path)


def _body(route: Route, environment: Environment) -> bytes:
    given = environment.get("CONTENT_LENGTH")
    read: bytes = environment["wsgi.input"].read(int(given) if given else route.most + 1)
    return read
