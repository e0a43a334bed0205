"""POST /v1/events and /v1/rewards, and the links of /v1/t/."""

from __future__ import annotations

from typing import Annotated

import msgspec
from flask import Blueprint, Response, redirect
from msgspec import Meta

from service.schemas import MOST_BODY, MOST_EVENTS_BODY, EventsAnswer, RewardRequest
from service.web.bodies import BEACON_TYPES, body
from service.web.parts import Web
from service.web.problems import problem


class _Envelope(msgspec.Struct, forbid_unknown_fields=True):
    """Events one by one, so that a bad one does not lose the others."""

    events: Annotated[list[msgspec.Raw], Meta(min_length=1, max_length=500)]


_envelope = msgspec.json.Decoder(_Envelope)
_reward = msgspec.json.Decoder(RewardRequest)
_KINDS = {"i": "impression", "v": "viewable", "c": "click"}


def blueprint(web: Web) -> Blueprint:
    routes = Blueprint("events", __name__)

    @routes.post("/v1/events")
    def events() -> Response:
        messages = _envelope.decode(body(MOST_EVENTS_BODY, BEACON_TYPES)).events
        return _answered(web.acceptor.accept(messages, web.clock()), len(messages))

    @routes.post("/v1/rewards")
    def rewards() -> Response:
        message = _reward.decode(body(MOST_BODY, BEACON_TYPES))
        return _answered(web.acceptor.reward(message, web.clock()), 1)

    @routes.get("/v1/t/<letter>/<token>")
    def track(letter: str, token: str) -> Response:
        read = web.signer.read_token(token, web.clock())
        if _KINDS.get(letter) != read.type:
            return problem(404, "unknown-link", "Unknown link", "the link was not made here")
        web.acceptor.track(read, web.clock())
        if read.type != "click":
            return Response(status=204, headers={"Cache-Control": "no-store"})
        return redirect(read.destination, 302, Response)  # type: ignore[return-value]

    return routes


def _answered(answer: EventsAnswer, sent: int) -> Response:
    """202, or a problem if nothing of what was sent could be taken."""
    if len(answer.rejected) < sent:
        return Response(msgspec.json.encode(answer), 202, mimetype="application/json")
    first = answer.rejected[0]
    if all(fault.code == "unknown-decision" for fault in answer.rejected):
        return problem(404, "unknown-decision", "Unknown decision", first.detail)
    return problem(422, "invalid", "No event could be taken", f"#/events/{first.index}: {first.detail}")
