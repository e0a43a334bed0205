"""GET and DELETE /v1/users/{key}, and PUT /v1/users/{key}/consent."""

from __future__ import annotations

import msgspec
from flask import Blueprint, Response
from werkzeug.routing import BaseConverter

from bandit.errors import BadInput
from bandit.profiles.described import described
from service.schemas import MOST_BODY, Consent
from service.web.bodies import body
from service.web.parts import Web
from service.web.problems import problem

LONGEST_KEY = 256  # characters, as in requests for decisions


class AnyKey(BaseConverter):
    """Whatever a key may be, slashes and line ends included."""

    part_isolating = False
    regex = r"[\s\S]+?"


class UserKey(AnyKey):
    """Any key but one that ends as the path of a consent does."""

    regex = r"(?![\s\S]*/consent\Z)[\s\S]+?"


def blueprint(web: Web) -> Blueprint:
    routes = Blueprint("users", __name__)
    routes.record_once(lambda setup: setup.app.url_map.converters.update(user=UserKey, any_key=AnyKey))

    @routes.get("/v1/users/<user:key>")
    def user(key: str) -> Response:
        state = web.people.state(_pseudonym(web, key))
        if state is None or not (state.refused or state.profile.last or state.exposures):  # or it was erased
            return problem(404, "unknown-user", "Unknown user", "nothing is kept of a user of this key")
        known = {"personalize": not state.refused, **described(state, web.clock())}
        return Response(msgspec.json.encode(known), mimetype="application/json")

    @routes.delete("/v1/users/<user:key>")
    def erase(key: str) -> Response:
        web.people.erase(_pseudonym(web, key), web.clock())
        return Response(status=204)

    @routes.put("/v1/users/<any_key:key>/consent")
    def consent(key: str) -> Response:
        given = msgspec.json.decode(body(MOST_BODY), type=Consent)
        change = web.people.allow if given.personalize else web.people.refuse
        change(_pseudonym(web, key), web.clock())
        return Response(msgspec.json.encode(given), mimetype="application/json")

    return routes


def _pseudonym(web: Web, key: str) -> bytes:
    if len(key) > LONGEST_KEY:
        raise BadInput("#/key", "bound", f"a key has {LONGEST_KEY} characters at most, not {len(key)}")
    try:
        return web.signer.pseudonym(key)
    except UnicodeEncodeError:
        raise BadInput("#/key", "type", "a key is text") from None
