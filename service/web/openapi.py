"""GET /openapi.json: the HTTP contract as OpenAPI 3.1, made once at start of the structs that decode the requests."""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import Any, get_args

import msgspec
from flask import Blueprint, Response

from bandit.config import Id
from service.access.gate import BEACONS, LINKS, is_open, may
from service.access.keys import Role
from service.access.signing import TRACKED
from service.schemas import DecisionRequest, Problem
from service.web.answers import JSON, PROBLEM
from service.web.exact import components, ref, without_id
from service.web.operations import ITEMS, PRODUCT_ID, STRUCTS, Operation, operations
from service.web.shedding import LIMITS
from service.web.users import LONGEST_KEY

Json = dict[str, Any]

DECIDED = "$response.body#/decision_id"
LINK = {  # from an answer to what may be told of it
    "tell": {
        "operationId": "tell",
        "requestBody": {"events": [{"id": "e-1", "type": "click", "decision_id": DECIDED}]},
    },
    "reward": {"operationId": "reward", "requestBody": {"decision_id": DECIDED, "value": 1, "event_id": "r-1"}},
}
HEADERS: Json = {
    "Server-Timing": {"required": True, "schema": {"type": "string", "pattern": r"^app;dur=[0-9.]+$"}},
    "Retry-After": {"required": True, "schema": {"type": "integer", "minimum": 1}, "description": "Seconds."},
    "ETag": {"required": True, "schema": {"type": "string", "pattern": '^"[0-9]+"$'}},
    "Location": {"required": True, "schema": {"type": "string"}},
    "WWW-Authenticate": {"required": True, "schema": {"type": "string"}},
}
LATER = (429, 503)  # statuses that say when to try again
ABOUT = (
    "Self-hosted ad decisions that learn from clicks. Where `get` is answered, HEAD is; any other method gets 405 with "
    "`Allow`. Fields that are not listed are refused. Every refusal is a problem document (RFC 9457). Without any API "
    "key all of it is open, on loopback only, and 403 to pages of other sites."
)


def blueprint() -> Blueprint:
    routes = Blueprint("openapi", __name__)
    made = msgspec.json.encode(document())

    @routes.get("/openapi.json")
    def openapi() -> Response:
        return Response(made, mimetype=JSON)

    return routes


def document() -> Json:
    """The whole contract."""
    schemas = components(STRUCTS)
    bodies = {f"{name}Body": without_id(schemas[name]) for name in _WITH_ID}
    schemas["BatchRequest"]["properties"]["requests"]["items"] = ref(DecisionRequest)  # decoded one by one
    paths: Json = {}
    for one in operations():
        paths.setdefault(one.path, {})[one.method] = _operation(one)
    return {
        "openapi": "3.1.0",
        "info": {"title": "adbandit", "version": "1", "description": ABOUT},
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {"schemas": schemas | bodies, "headers": HEADERS, "securitySchemes": _SCHEMES},
    }


_SCHEMES: Json = {
    "bearer": {"type": "http", "scheme": "bearer"},
    "key": {"type": "apiKey", "in": "query", "name": "key", "description": "Only keys of role decide."},
}
_WITH_ID = [*(item.__name__ for item in ITEMS.values()), "Product"]
_ID = msgspec.json.schema(Id)["pattern"].replace(r"\Z", "$")


def _operation(one: Operation) -> Json:
    open_ = is_open(one.method.upper(), one.path)
    roles = [role for role in get_args(Role) if may(role, one.method.upper(), one.path)]
    by_key: list[Json] = [{"bearer": []}, *([{"key": []}] if one.path in BEACONS else []), {}]
    made: Json = {
        "operationId": one.name,
        "summary": one.says,
        "description": "For everybody." if open_ else f"For keys of role {' or '.join(roles)}.",
        "parameters": _parameters(one),
        "security": [] if open_ else by_key,
        "responses": _responses(one, open_),
    }
    if one.body:
        made["requestBody"] = {"required": True, "content": {kind: {"schema": one.body} for kind in one.types}}
    return made


def _parameters(one: Operation) -> list[Json]:
    schemas = {"id": {"type": "string", "pattern": _ID}, "letter": {"enum": list(TRACKED)}, "token": {"type": "string"}}
    schemas |= {"name": schemas["id"], "product": PRODUCT_ID}
    schemas["key"] = {"type": "string", "minLength": 1, "maxLength": LONGEST_KEY}
    found = [
        {"name": name, "in": "path", "required": True, "schema": schemas[name]}
        for name in re.findall(r"{(\w+)}", one.path)
    ]
    found += [{"name": name, "in": "query", "schema": schema} for name, schema in one.query.items()]
    if one.if_match:
        says = "Version of the catalog that was edited, as in `ETag`."
        schema = {"type": "string", "pattern": r'^(\*|[0-9]{1,15}|"[0-9]{1,15}")$'}
        found.append({"name": "If-Match", "in": "header", "description": says, "schema": schema})
    return found


def _responses(one: Operation, open_: bool) -> Json:
    admission = () if open_ else (401, 403, 429)
    busy = (429,) if one.path in LIMITS else ()
    found = {str(status): _answer(one, status) for status in one.answers}
    refusals = {str(status): _refusal(status) for status in {*one.refusals, *admission, *busy}}
    return dict(sorted((found | refusals).items()))


def _answer(one: Operation, status: int) -> Json:
    schema = one.answers[status]
    location = ("Location",) if one.path.startswith(LINKS) and status == HTTPStatus.FOUND else ()
    made: Json = {"description": HTTPStatus(status).phrase, "headers": _headers(*one.headers, *location)}
    if schema is not None:
        made["content"] = {one.returns: {"schema": schema}}
    if one.name == "decide":
        made["links"] = LINK
    return made


def _refusal(status: int) -> Json:
    named = ("Retry-After",) if status in LATER else ("WWW-Authenticate",) if status == HTTPStatus.UNAUTHORIZED else ()
    content = {PROBLEM: {"schema": ref(Problem)}}
    return {"description": HTTPStatus(status).phrase, "headers": _headers(*named), "content": content}


def _headers(*names: str) -> Json:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in ("Server-Timing", *names)}
