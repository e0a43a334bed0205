"""POST /v1/decisions and /v1/decisions:batch."""

from __future__ import annotations

import msgspec

from bandit.errors import AdbanditError
from service.schemas import MOST_BODY, BatchRequest, DecisionRequest
from service.web import answers
from service.web.answers import Answer
from service.web.front import JSON_TYPES, Route
from service.web.parts import Web

_request = msgspec.json.Decoder(DecisionRequest)
_batch = msgspec.json.Decoder(BatchRequest)


def routes(web: Web) -> dict[str, Route]:
    def decide(body: bytes) -> Answer:
        return Answer(200, web.decider.answer(_request.decode(body), web.clock()))

    def decide_batch(body: bytes) -> Answer:
        found = b",".join(_one(web, bytes(request)) for request in _batch.decode(body).requests)
        return Answer(200, b'{"answers":[' + found + b"]}")

    return {
        "/v1/decisions": Route(decide, MOST_BODY, JSON_TYPES),
        "/v1/decisions:batch": Route(decide_batch, 100 * MOST_BODY, JSON_TYPES),
    }


def _one(web: Web, request: bytes) -> bytes:
    """An answer, or the problem document that stands in its place."""
    try:
        return web.decider.answer(_request.decode(request), web.clock())
    except AdbanditError as fault:
        return answers.of_error(fault, "/v1/decisions:batch").body
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as fault:
        return answers.of_decoding(fault, "/v1/decisions:batch").body
