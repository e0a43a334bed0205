"""What can be asked of the service, one line an operation: the table that `/openapi.json` is made of.

A test holds it against the routes of the app and of the front.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

import msgspec

from bandit.catalog import KINDS, Campaign, Catalog, Placement, Template
from bandit.config import Policy
from bandit.products.product import Product, ProductId
from service.budgets.standing import Pacing
from service.reporting import Report
from service.schemas import (
    ActivityAnswer,
    ActivityRequest,
    BatchRequest,
    Consent,
    DecisionAnswer,
    DecisionRequest,
    EventsAnswer,
    EventsRequest,
    Problem,
    RewardRequest,
)
from service.web.answers import JSON
from service.web.creatives import PreviewAnswer, PreviewRequest
from service.web.exact import AT, ref
from service.web.front import BEACON_TYPES, JSON_TYPES
from service.web.health import Health
from service.web.products import MOST_LISTED, MOST_ROWS, ProductsAnswer, ProductsPage

Json = dict[str, Any]
Struct = type[msgspec.Struct]

ITEMS: dict[str, Struct] = dict(zip(KINDS, (Policy, Placement, Campaign, Template), strict=True))
STRUCTS: tuple[Struct, ...] = (
    *(PreviewRequest, PreviewAnswer),
    *(DecisionRequest, BatchRequest, EventsRequest, RewardRequest, ActivityRequest, ActivityAnswer),
    *(DecisionAnswer, EventsAnswer, Problem, Catalog, Report, Pacing, Health, Product, ProductsAnswer, ProductsPage),
    *ITEMS.values(),
)
MEDIA = {taken: tuple(kind for kind in taken if kind) for taken in (JSON_TYPES, BEACON_TYPES)}


class Operation(NamedTuple):
    """One method of one path."""

    method: Literal["get", "put", "post", "delete"]
    path: str
    name: str  # unique
    says: str  # one sentence
    answers: Mapping[int, Json | None]  # status -> schema of the body; None: there is none
    refusals: tuple[int, ...] = ()  # statuses with a problem document, besides those of admission
    body: Json | None = None
    types: tuple[str, ...] = MEDIA[JSON_TYPES]  # media types of the body
    returns: str = JSON  # media type of the answers
    headers: tuple[str, ...] = ()  # of the answers, besides those of all
    if_match: bool = False
    query: Mapping[str, Json] = {}  # schema of each parameter


DAMAGED = (400, 413, 415, 422)  # what a body can be refused for
VERSIONED: Json = {
    "type": "object",
    "properties": {"version": {"type": "integer", "minimum": 1}},
    "required": ["version"],
}
BRIEF: Json = {
    "type": "object",
    "properties": {"status": {"enum": ["ok", "degraded", "starting"]}},
    "required": ["status"],
}
BATCH: Json = {
    "type": "object",
    "properties": {"answers": {"type": "array", "items": {"anyOf": [ref(DecisionAnswer), ref(Problem)]}}},
    "required": ["answers"],
}

# As it can stand in a path.
PRODUCT_ID: Json = msgspec.json.schema(ProductId) | {
    "pattern": r"^[^\x00-\x20\x7f-\xa0/]([^\x00-\x1f\x7f-\x9f/]*[^\x00-\x20\x7f-\xa0/])?$"
}


def operations() -> list[Operation]:
    """All of them."""
    return [*_asked(), *_did(), *_configured(), *_watched(), *_paced(), *_sold(), *_known(), *_previewed()]


def _asked() -> list[Operation]:
    told, untold, media = {202: ref(EventsAnswer)}, (*DAMAGED, 404, 503), MEDIA[BEACON_TYPES]
    return [
        Operation(
            "post",
            "/v1/decisions",
            "decide",
            "Choose ads. That there is none is an answer, too.",
            {200: ref(DecisionAnswer)},
            body=ref(DecisionRequest),
            refusals=(*DAMAGED, 404),
        ),
        Operation(
            "post",
            "/v1/decisions:batch",
            "decideBatch",
            "Up to 100 at once, each answered or refused in its place.",
            {200: BATCH},
            body=ref(BatchRequest),
            refusals=DAMAGED,
        ),
        Operation(
            "post",
            "/v1/events",
            "tell",
            "What happened to ads. An event that cannot be taken is named in `rejected`, and the others are taken.",
            told,
            body=ref(EventsRequest),
            refusals=untold,
            types=media,
        ),
        Operation(
            "post",
            "/v1/rewards",
            "reward",
            "A reward that the caller has computed.",
            told,
            body=ref(RewardRequest),
            refusals=untold,
            types=media,
        ),
        Operation(
            "get",
            "/v1/t/{letter}/{token}",
            "follow",
            "A signed link: i and v are pixels for impression and viewable, c leads a click to the landing page.",
            {204: None, 302: None},
            refusals=(404,),
        ),
    ]


def _configured() -> list[Operation]:
    change = (400, 409, 412, 413, 415, 422, 503)
    etag = ("ETag",)
    found = [
        Operation("get", "/v1/catalog", "catalog", "All of it.", {200: ref(Catalog)}, (503,), headers=etag),
        Operation(
            "post",
            "/v1/catalog",
            "replaceCatalog",
            "Put a whole catalog in force; its `version` is ignored.",
            {200: VERSIONED},
            change,
            body=ref(Catalog),
            headers=etag,
            if_match=True,
        ),
    ]
    for kind, item in ITEMS.items():
        title = item.__name__
        path = f"/v1/{kind}"
        listed: Json = {
            "type": "object",
            "properties": {kind: {"type": "array", "items": ref(item)}},
            "required": [kind],
        }
        missing = (404, 503)
        found += [
            Operation("get", path, kind, f"All {kind}.", {200: listed}, (503,), headers=etag),
            Operation("get", f"{path}/{{id}}", f"get{title}", "One item.", {200: ref(item)}, missing, headers=etag),
            Operation(
                "put",
                f"{path}/{{id}}",
                f"put{title}",
                "Add or replace one. An `id` in the body is the path's.",
                {200: VERSIONED},
                change,
                body={"$ref": f"{AT}{title}Body"},
                headers=etag,
                if_match=True,
            ),
            Operation(
                "delete",
                f"{path}/{{id}}",
                f"delete{title}",
                "Remove one.",
                {200: VERSIONED},
                (404, 409, 412, 422, 503),
                headers=etag,
                if_match=True,
            ),
        ]
    return found


def _watched() -> list[Operation]:
    health: Json = {"anyOf": [ref(Health), BRIEF]}
    ready: dict[int, Json | None] = {200: health, 503: health}
    text = {"type": "string"}
    return [
        Operation("get", "/v1/policies/{id}/report", "report", "What each arm earned.", {200: ref(Report)}, (404, 503)),
        Operation("get", "/livez", "livez", "Whether the process answers.", {200: BRIEF}),
        Operation(
            "get", "/readyz", "readyz", "Whether it can decide. How it does is for keys that may read reports.", ready
        ),
        Operation("get", "/metrics", "metrics", "For Prometheus.", {200: text}, returns="text/plain"),
        Operation("get", "/openapi.json", "openapi", "This document.", {200: {"type": "object"}}),
    ]


def _paced() -> list[Operation]:
    path = "/v1/campaigns/{id}/pacing"
    says = "What a campaign has spent and should have, of which budget."
    return [Operation("get", path, "pacing", says, {200: ref(Pacing)}, (404, 503))]


def _did() -> list[Operation]:
    told, refusals = {202: ref(ActivityAnswer)}, (*DAMAGED, 503)
    many: Json = {"type": "array", "minItems": 1, "maxItems": 500}
    batch: Json = {"type": "object", "properties": {"batch": many}}
    events: Json = {"type": "object", "properties": {"events": many}, "required": ["events"]}
    custom = "Activity in a format of the shop's own, as ADBANDIT_ACTIVITY_MAPPING declares it."
    return [
        Operation(
            "post",
            "/v1/activity",
            "collect",
            "What users did. Also as `application/x-ndjson`, an activity a line, up to 5,000 of them.",
            told,
            body=ref(ActivityRequest),
            refusals=refusals,
            types=MEDIA[BEACON_TYPES],
        ),
        Operation(
            "post",
            "/v1/activity/segment",
            "collectSegment",
            "Activity as Segment sends it: one message, or a batch.",
            told,
            body=batch,
            refusals=refusals,
        ),
        Operation(
            "post",
            "/v1/activity/ga4",
            "collectGa4",
            "Activity as the Measurement Protocol of Google Analytics 4 has it.",
            told,
            body=events,
            refusals=refusals,
        ),
        Operation(
            "post",
            "/v1/activity/custom/{name}",
            "collectCustom",
            custom,
            told,
            body={"anyOf": [{"type": "object"}, many]},
            refusals=(*refusals, 404),
        ),
    ]


def _known() -> list[Operation]:
    path, says = "/v1/users/{key}", "Keep nothing of a user and forget what is kept, or keep what comes from now on."
    kept: Json = {"type": "object", "properties": {"personalize": {"type": "boolean"}}, "required": ["personalize"]}
    change = (400, 413, 415, 422, 503)
    return [
        Operation("get", path, "user", "What is kept of a user.", {200: kept}, (404, 422, 503)),
        Operation("delete", path, "eraseUser", "Forget what is kept of a user.", {204: None}, (422, 503)),
        Operation("put", f"{path}/consent", "consent", says, {200: ref(Consent)}, change, body=ref(Consent)),
    ]


def _previewed() -> list[Operation]:
    return [
        Operation(
            "post",
            "/v1/creatives/preview",
            "preview",
            "One ad as it would be shown, of the catalog's template or of one that comes with the request.",
            {200: ref(PreviewAnswer)},
            body=ref(PreviewRequest),
            refusals=(*DAMAGED, 503),
        ),
        Operation(
            "get",
            "/v1/templates/{id}/preview",
            "previewTemplate",
            "A page of a template's ads, each variant in each place.",
            {200: {"type": "string"}},
            (404, 422, 503),
            returns="text/html",
        ),
    ]


def _sold() -> list[Operation]:
    path, etag, gone = "/v1/products", ("ETag",), (404, 503)
    listed: Json = {"type": "array", "items": ref(Product), "minItems": 1, "maxItems": MOST_ROWS}
    many: Json = {
        "type": "object",
        "properties": {"products": listed},
        "required": ["products"],
        "additionalProperties": False,
    }
    paging: Json = {"after": {"type": "string"}, "limit": {"type": "integer", "minimum": 1, "maximum": MOST_LISTED}}
    says = "Add or replace products. Also as `application/x-ndjson`, one a line. Bad ones are named in `rejected`."
    change = (400, 413, 415, 422, 503)
    return [
        Operation(
            "get", path, "products", "A page of them.", {200: ref(ProductsPage)}, (422,), headers=etag, query=paging
        ),
        Operation("post", path, "putProducts", says, {200: ref(ProductsAnswer)}, change, body=many, headers=etag),
        Operation("get", f"{path}/{{product}}", "getProduct", "One.", {200: ref(Product)}, (404, 503), headers=etag),
        Operation(
            "put",
            f"{path}/{{product}}",
            "putProduct",
            "Add or replace one. An `id` in the body is the path's.",
            {200: VERSIONED},
            change,
            body={"$ref": f"{AT}ProductBody"},
            headers=etag,
        ),
        Operation("delete", f"{path}/{{product}}", "deleteProduct", "Remove it.", {200: VERSIONED}, gone, headers=etag),
    ]
