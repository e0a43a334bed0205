"""Refuses requests that have waited too long, before anything else is done about them: 429 with Retry-After.

Decisions first: an ad that comes late is worth nothing, and the shop shows another. Events at LAST times that wait: a
click that is refused is the caller's to send again. Links and all else are never refused.
"""

from __future__ import annotations

import hmac
import os
import secrets
from collections.abc import Callable, Iterable
from functools import cache
from typing import NamedTuple

import structlog

from service import metrics
from service.settings import Settings
from service.tally import counting
from service.web import answers
from service.web.answers import Answer
from service.web.counting import counted
from service.web.front import Environment, StartResponse, Wsgi
from service.web.probes import MOST_PROBES, Address, Prober, start
from service.web.waiting import Waiting

LAST = 20.0  # limits that an event may wait: it is not shown to anybody
LIMITS = {"/v1/decisions": 1.0, "/v1/decisions:batch": 1.0, "/v1/events": LAST, "/v1/rewards": LAST}
LIMITS |= dict.fromkeys(("/v1/activity", "/v1/activity/segment", "/v1/activity/ga4"), LAST)
PROBES = "/probe/"  # then the word of a worker, and a number
LINE = "429 Too Many Requests"
RETRY_S = 1

log = structlog.get_logger(__name__)


class Shedding:
    """The app, less what it has no time for; probes end here."""

    def __init__(self, app: Wsgi, waiting: Waiting, word: str, elapsed: Callable[[], float]) -> None:
        """
        word  stands in the path of this worker's probes, and nobody else can know it
        """
        self._app = app
        self._waiting = waiting
        self._word = word
        self._elapsed = elapsed

    def __call__(self, environment: Environment, start_response: StartResponse) -> Iterable[bytes]:
        path = environment["PATH_INFO"]
        times = LIMITS.get(path)
        if times is not None:
            if self._waiting.too_long(self._elapsed(), times):
                return _refused(path, start_response)
        elif path.startswith(PROBES):
            return self._probe(path, start_response)
        return self._app(environment, start_response)

    def _probe(self, path: str, start_response: StartResponse) -> list[bytes]:
        """204 to a probe of this worker, 404 to those of others."""
        word, _, number = path.removeprefix(PROBES).partition("/")
        known = hmac.compare_digest(word.encode(), self._word.encode())
        if known:
            self._waiting.came_up(int(number), self._elapsed())
        start_response("204 No Content" if known else "404 Not Found", [("Content-Length", "0")][known:])
        return [b""]


def shedding(app: Wsgi, settings: Settings, elapsed: Callable[[], float]) -> Wsgi:
    """The app as it is served by one worker, which begins to probe itself."""
    if not settings.shed_ms:
        return app
    waiting, word = Waiting(MOST_PROBES, settings.shed_ms / 1000.0), secrets.token_urlsafe()
    address = Address(settings.host, settings.port)
    start(Prober(address, f"{PROBES}{word}/", waiting, elapsed), _leave)
    return Shedding(app, waiting, word, elapsed)


def _leave() -> None:
    """End this worker, for Granian to start another: its only thread waits for a body that never comes."""
    log.error("worker_stuck")
    os._exit(1)


class _Refusal(NamedTuple):
    answer: Answer
    headers: list[tuple[str, str]]
    counting: Callable[[], None]


def _refused(path: str, start_response: StartResponse) -> list[bytes]:
    refusal = _refusal(path)
    refusal.counting()
    start_response(LINE, [*refusal.headers, counted(path, 429, 0.0)])
    return [refusal.answer.body]


@cache
def _refusal(path: str) -> _Refusal:
    """The same for all of a path: it is to cost as little as can be."""
    detail = "requests wait too long here; show what you would without us, and send events again"
    answer = answers.problem(429, "overloaded", "Too many requests just now", detail, path)
    length = "Content-Length", str(len(answer.body))
    headers = [("Content-Type", answer.mimetype), length, ("Retry-After", str(RETRY_S)), *answers.GUARDS]
    return _Refusal(answer, headers, counting(metrics.shed.labels(path)))
