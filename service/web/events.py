"""POST /v1/events and /v1/rewards, and the links of /v1/t/."""

from __future__ import annotations

from typing import Annotated

import msgspec
from flask import Blueprint, Response, redirect, request
from msgspec import Meta

from bandit.errors import Forged
from service import metrics
from service.accepting import UNLOGGED
from service.access.signing import TRACKED, Token, Tracked
from service.outbox.room import NotWritten
from service.schemas import MOST_BODY, MOST_EVENTS_BODY, EventsAnswer, RewardRequest
from service.web.answers import Answer, problem
from service.web.front import BEACON_TYPES, Route
from service.web.parts import Web


class _Envelope(msgspec.Struct, forbid_unknown_fields=True):
    """Events one by one, so that a bad one does not lose the others."""

    events: Annotated[list[msgspec.Raw], Meta(min_length=1, max_length=500)]


_envelope = msgspec.json.Decoder(_Envelope)
_reward = msgspec.json.Decoder(RewardRequest)


def routes(web: Web) -> dict[str, Route]:
    def events(body: bytes) -> Answer:
        messages = _envelope.decode(body).events
        return _answered(web.acceptor.accept(messages, web.clock()), len(messages))

    def rewards(body: bytes) -> Answer:
        return _answered(web.acceptor.reward(_reward.decode(body), web.clock()), 1)

    return {
        "/v1/events": Route(events, MOST_EVENTS_BODY, BEACON_TYPES),
        "/v1/rewards": Route(rewards, MOST_BODY, BEACON_TYPES),
    }


def blueprint(web: Web) -> Blueprint:
    links = Blueprint("links", __name__)

    @links.get("/v1/t/<letter>/<token>")
    def follow(letter: str, token: str) -> Response:
        read, now = web.signer.read_link(letter, token), web.clock()
        if TRACKED[letter] == "click" and not read.destination:
            raise Forged("this ad leads nowhere")
        if read.destination and web.hosts.why_not(read.destination):
            raise Forged("this ad leads to where links do not lead any more")
        if request.method == "GET" and now <= read.expires:  # link scanners ask with HEAD
            _track(web, TRACKED[letter], read, now)
        if TRACKED[letter] != "click":
            return Response(status=204, headers={"Cache-Control": "no-store"})
        found: Response = redirect(read.destination, 302, Response)  # type: ignore[assignment]
        found.headers["Referrer-Policy"] = "strict-origin-when-cross-origin"  # a landing page counts where from
        return found

    return links


def _track(web: Web, kind: Tracked, token: Token, now: float) -> None:
    """Take in what a link says, or count it as lost: nobody would send it again, and the shopper is to get there."""
    try:
        web.acceptor.track(kind, token, now)
    except NotWritten:
        metrics.events.labels("lost").inc()


def _answered(answer: EventsAnswer, sent: int) -> Answer:
    """202, or a problem if nothing of what was sent could be taken."""
    if len(answer.rejected) < sent or any(fault.code == UNLOGGED for fault in answer.rejected):
        return Answer(202, msgspec.json.encode(answer))
    first = answer.rejected[0]
    if all(fault.code == "unknown-decision" for fault in answer.rejected):
        return problem(404, "unknown-decision", "Unknown decision", first.detail, "/v1/events")
    detail = f"#/events/{first.index}: {first.detail}"
    return problem(422, "invalid", "No event could be taken", detail, "/v1/events")
