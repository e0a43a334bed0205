"""POST /v1/activity, and its forms that other systems send."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Annotated, Any

import msgspec
from flask import Blueprint, Response
from msgspec import Meta

from bandit.errors import BadInput
from service.activity.mappings import declared, ga4, segment
from service.activity.mappings.told import Mapped
from service.schemas import MOST_ACTIVITY_BODY, ActivityAnswer
from service.web.answers import Answer, http_problem, problem
from service.web.front import BEACON_TYPES, JSON_TYPES, Route
from service.web.parts import Web
from service.web.problems import response

PATH = "/v1/activity"
MOST_LINES = 5_000


class _Envelope(msgspec.Struct, forbid_unknown_fields=True):
    """Activities one by one, so that a bad one does not lose the others."""

    activities: Annotated[list[msgspec.Raw], Meta(min_length=1, max_length=500)]


_envelope = msgspec.json.Decoder(_Envelope)


def routes(web: Web) -> dict[str, Route]:
    def activities(body: bytes) -> Answer:
        messages = _envelope.decode(body).activities
        return _answered(web.collector.accept(enumerate(messages), web.clock()), len(messages))

    def lines(body: bytes) -> Answer:
        messages = [(number, line) for number, line in enumerate(body.splitlines()) if line.strip()]
        if not 1 <= len(messages) <= MOST_LINES:
            raise BadInput("#", "bound", f"1 to {MOST_LINES} lines at once, not {len(messages)}")
        return _answered(web.collector.accept(messages, web.clock()), len(messages))

    def mapped(mapping: Callable[[Any], Mapped], body: bytes) -> Answer:
        answer = web.collector.take(mapping(msgspec.json.decode(body)), web.clock())
        return Answer(202, msgspec.json.encode(answer))  # whoever sends it cannot mend it: it is not to be sent again

    known: dict[str, Callable[[Any], Mapped]] = {"segment": segment.mapped, "ga4": ga4.mapped}
    known |= {f"custom/{name}": partial(declared.mapped, by=by) for name, by in web.collector.mappings.items()}
    return {
        PATH: Route(activities, MOST_ACTIVITY_BODY, BEACON_TYPES, lines),
        **{
            f"{PATH}/{name}": Route(partial(mapped, mapping), MOST_ACTIVITY_BODY, JSON_TYPES)
            for name, mapping in known.items()
        },
    }


def blueprint(_web: Web) -> Blueprint:
    """What is asked for under a name that no mapping has; the others are answered before Flask is."""
    strange = Blueprint("activity", __name__)

    @strange.post(f"{PATH}/custom/<name>")
    def custom(name: str) -> Response:
        return response(http_problem(404, f"no mapping is called {name!r}", f"{PATH}/custom/{name}"))

    return strange


def _answered(answer: ActivityAnswer, sent: int) -> Answer:
    """202, or a problem if nothing of what was sent could be taken."""
    if len(answer.rejected) < sent:
        return Answer(202, msgspec.json.encode(answer))
    first = answer.rejected[0]
    return problem(422, "invalid", "No activity could be taken", f"#/activities/{first.index}: {first.detail}", PATH)
