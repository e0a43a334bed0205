"""POST /v1/decisions and /v1/decisions:batch."""

from __future__ import annotations

import msgspec
from flask import Blueprint, Response

from bandit.errors import AdbanditError
from service.schemas import MOST_BODY, BatchRequest, DecisionRequest
from service.web import problems
from service.web.bodies import body
from service.web.parts import Web

_request = msgspec.json.Decoder(DecisionRequest)
_batch = msgspec.json.Decoder(BatchRequest)


def blueprint(web: Web) -> Blueprint:
    routes = Blueprint("decisions", __name__)

    @routes.post("/v1/decisions")
    def decide() -> Response:
        answer = web.decider.answer(_request.decode(body(MOST_BODY)), web.clock())
        return Response(answer, mimetype="application/json")

    @routes.post("/v1/decisions:batch")
    def decide_batch() -> Response:
        requests = _batch.decode(body(100 * MOST_BODY)).requests
        answers = b",".join(_one(web, bytes(request)) for request in requests)
        return Response(b'{"answers":[' + answers + b"]}", mimetype="application/json")

    return routes


def _one(web: Web, request: bytes) -> bytes:
    """An answer, or the problem document that stands in its place."""
    try:
        return web.decider.answer(_request.decode(request), web.clock())
    except AdbanditError as fault:
        return problems.of_error(fault).get_data()
    except (msgspec.MsgspecError, UnicodeError) as fault:
        return problems.of_decoding(fault).get_data()
