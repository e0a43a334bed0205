"""/openapi.json says what the service does: every route and no other, by schemas that are what decodes the requests."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from unittest.mock import MagicMock

import jsonschema_rs
import msgspec
import pytest
import schemathesis

from bandit.catalog import KINDS, Template
from bandit.config import Policy
from service.access.gate import CONSOLE, Access
from service.schemas import DecisionRequest, EventMessage
from service.web import activity, decisions, events
from service.web.app import create_app
from service.web.front import Front
from service.web.openapi import document

DOCUMENT = document()
SCHEMAS = DOCUMENT["components"]["schemas"]
ASKED = {(method, path) for path, operations in DOCUMENT["paths"].items() for method in operations}


@pytest.fixture
def client(tmp_path: Any) -> Any:
    web = MagicMock(elapsed=float, access=Access(tmp_path, "127.0.0.1", 1, float))
    return create_app(web).test_client()


def served() -> Iterator[tuple[str, str]]:
    for resource in (decisions, events, activity):
        yield from (("post", path) for path in resource.routes(MagicMock()))
    app = create_app(MagicMock())
    assert isinstance(app.wsgi_app, Front)
    for rule in app.url_map.iter_rules():
        if rule.rule.startswith(CONSOLE):
            continue  # pages for people, see docs/console.md
        for kind in KINDS if ":kind>" in rule.rule else ("",):
            path = re.sub(r"<any\(.*\):kind>", kind, rule.rule)
            path = re.sub(r"<(?:path:|user:|any_key:)?(\w+)>", r"{\1}", re.sub(r"<(item|policy)_id>", "{id}", path))
            yield from ((method.lower(), path) for method in (rule.methods or set()) - {"HEAD"})


def sound(name: str, value: object) -> bool:
    whole = {"$ref": f"#/components/schemas/{name}", "components": DOCUMENT["components"]}
    return jsonschema_rs.validator_for(whole, validate_formats=True).is_valid(value)


def test_every_route_is_in_it_and_nothing_else_is() -> None:
    assert set(served()) == ASKED


def test_it_is_valid_openapi() -> None:
    schemathesis.openapi.from_dict(DOCUMENT).validate()
    with pytest.raises(jsonschema_rs.ValidationError):
        schemathesis.openapi.from_dict({**DOCUMENT, "paths": {"/x": {"get": {"responses": 7}}}}).validate()


@pytest.mark.parametrize("name", SCHEMAS)
def test_its_schemas_are_valid_json_schema(name: str) -> None:
    jsonschema_rs.meta.validate({"$schema": "https://json-schema.org/draft/2020-12/schema", **SCHEMAS[name]})


def test_its_references_lead_somewhere() -> None:
    text = msgspec.json.encode(DOCUMENT).decode()
    named = {tuple(ref.split("/")) for ref in re.findall(r'"\$ref":"#/components/([^"]+)"', text)}
    assert named
    assert all(name in DOCUMENT["components"][kind] for kind, name in named)


@pytest.mark.parametrize("struct", [DecisionRequest, EventMessage, Policy, Template])
def test_a_schema_names_the_fields_of_its_struct_and_forbids_others(struct: type[msgspec.Struct]) -> None:
    schema = SCHEMAS[struct.__name__]
    assert set(schema["properties"]) == set(struct.__struct_encode_fields__)
    assert schema["additionalProperties"] is False


@pytest.mark.parametrize(
    ("context", "holds"),
    [
        ({"x": 1e6, "page": {"": True}, "user": {"tags": ["a"]}}, True),
        ({"x": 1e7}, False),
        ({"x": None}, False),
        ({"_x": 1}, False),
        ({"x\0": 1}, False),
        ({"x": "y" * 257}, False),
        ({"user": {"": 1}}, False),
        ({"a": {"b": {"c": 1}}}, False),
        ({f"f{i}": 1 for i in range(257)}, False),
    ],
)
def test_bounds_of_a_context_are_in_it(context: dict[str, Any], holds: bool) -> None:
    assert sound("DecisionRequest", {"context": context}) is holds


@pytest.mark.parametrize("given", ["a", "a" * 64, "a\n", "", "-a", "a" * 65, "é"])
def test_an_id_holds_by_schema_where_it_decodes(given: str) -> None:
    try:
        msgspec.convert({"id": given}, Policy)
        decodes = True
    except msgspec.ValidationError:
        decodes = False
    assert sound("Policy", {"id": given}) is decodes


def test_it_is_served_to_everybody_as_it_is(client: Any) -> None:
    answer = client.get("/openapi.json")
    assert (answer.status_code, answer.mimetype) == (200, "application/json")
    assert msgspec.json.decode(answer.data) == msgspec.json.decode(msgspec.json.encode(DOCUMENT))


@pytest.mark.parametrize(("path", "allowed"), [("/livez", "GET, HEAD"), ("/v1/catalog", "GET, HEAD, POST")])
@pytest.mark.parametrize("method", ["OPTIONS", "PATCH", "TRACE"])
def test_another_method_is_told_which_are_taken(client: Any, path: str, allowed: str, method: str) -> None:
    answer = client.open(path, method=method)
    assert (answer.status_code, answer.headers["Allow"]) == (405, allowed)


def test_a_path_with_a_slash_too_many_is_refused_and_not_redirected_from(client: Any) -> None:
    answer = client.get("/v1//catalog")
    assert (answer.status_code, answer.mimetype) == (404, "application/problem+json")


@pytest.mark.parametrize("given", ["1_0", "+1", "-1", "'1'", '"1', 'W/"1"', "9" * 16])
def test_an_if_match_that_is_no_version_is_refused(client: Any, given: str) -> None:
    answer = client.delete("/v1/templates/t", headers={"If-Match": given})
    assert answer.status_code == 422
