"""What Schemathesis is told about this service: how JSON travels as text, what a request should name so that it gets
anywhere, and two checks that know what a schema cannot say.
"""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Callable
from copy import deepcopy
from typing import Any

import schemathesis
from schemathesis.checks import CHECKS
from schemathesis.core.failures import Failure

from tests.catalogs import CATALOG

POLICIES = [{"id": "default", "horizon_s": 0.5}, *CATALOG["policies"]]
SALE = {"id": "sale", "creative": {"link": "https://shop.example/sale"}}
KEPT = {"sale", "new", "hero", *(policy["id"] for policy in POLICIES)}
MOST_BITS = 12  # of policies made here, so that hundreds fit in memory
# Why a request may be refused though its schema holds: what no JSON schema can express.
BEYOND = {"unresolved", "duplicate", "currency", "link", "unsafe", "not-logged", "placeholder", "circular", "slots"}
BEYOND |= {"character"}  # of a product's texts, which JSON Schema would have to repeat for each
_known: dict[str, list[str]] = {"decisions": [], "links": [], "products": []}
SAID = re.compile(
    r"Expected `int`, got `float`|bytes of|counts in|at most 256 features|within the last 400 days|vw_args|half_life_h|"
    r"l1 and l2|must be b|a baseline of kind fixed|this decision has|the path|Invalid RFC3339|one name|"
    r"valid Unicode|price_from|above the price of|a title has one|"
    r"a budget (has|of 0)|one currency|is (no|not a) time zone|a range has|at_least|no time at all|a page has|a rule |"
    r"a search has|a dwell has|to identify takes|an anonymous_key is wanted"
)


@schemathesis.serializer("text/plain")
def as_json(_ctx: schemathesis.SerializationContext, value: Any) -> bytes:
    """What `navigator.sendBeacon` sends."""
    return value if isinstance(value, bytes) else json.dumps(value).encode()


@schemathesis.hook
def before_call(_ctx: schemathesis.HookContext, case: schemathesis.Case, kwargs: dict[str, Any]) -> None:
    """Sound requests name what there is, and leave it there; nobody follows a click to the shop."""
    kwargs["allow_redirects"] = False
    _addressed(case)
    if case.path.startswith("/v1/products/"):
        _sold(case)
        return
    if not case.meta or not case.meta.generation.mode.is_positive or not isinstance(case.body, dict):
        return
    body = case.body = deepcopy(case.body)
    if case.method == "PUT" and "id" in case.path_parameters:
        body["id"] = case.path_parameters["id"]
        _small(body)
    elif case.path == "/v1/catalog":
        kept = [one for one in body.get("policies", []) if one["id"] not in KEPT]
        body["policies"] = [*kept, *({"id": p["id"], "horizon_s": 0.5} for p in POLICIES)]
        body["templates"] = [*body.get("templates", []), SALE, {"id": "new"}]
        body["placements"] = [*body.get("placements", []), {"id": "hero"}]
        for policy in body["policies"]:
            _small(policy)
    elif case.path == "/v1/creatives/preview":
        body |= {"template": "sale", "placement": "hero", "products": [], "variant": 0}
    elif case.path.startswith("/v1/decisions"):
        for one in body.get("requests", [body]):
            if _often(one.get("policy", "")):
                one["policy"] = "home"
    elif case.path in ("/v1/events", "/v1/rewards") and _known["decisions"]:
        for one in body.get("events", [body]):
            if _often(one["decision_id"]):
                one["decision_id"], one["slot"] = _known["decisions"][-1], 0


@schemathesis.hook
def after_call(_ctx: schemathesis.HookContext, _case: schemathesis.Case, answer: schemathesis.Response) -> None:
    """Remember what was decided."""
    said = _plain(answer)
    for ad in said.get("ads", ()):
        _known["decisions"].append(said["decision_id"])
        _known["links"] += [link for link in (ad["tracking"] or {}).values() if link]


def _addressed(case: schemathesis.Case) -> None:
    """Paths lead to what there is."""
    if case.path.startswith("/v1/t/") and _often(case.path_parameters) and _known["links"]:
        case.path_parameters = dict(zip(("letter", "token"), _known["links"].pop().split("/")[3:], strict=True))
    if case.path.startswith("/v1/activity/custom/"):
        case.path_parameters["name"] = "shop"
    if case.method in ("PUT", "DELETE") and case.path_parameters.get("id") in KEPT:
        case.path_parameters["id"] = "another"


def _sold(case: schemathesis.Case) -> None:
    """Products that are put cost what this shop takes, and are there to be read and removed."""
    sound = case.meta and case.meta.generation.mode.is_positive
    if case.method == "PUT" and sound and isinstance(case.body, dict):
        product = case.path_parameters["product"]
        body = case.body = {**deepcopy(case.body), "id": product}
        if _often(product):
            body |= {"link": "https://shop.example/", "price": {"value": 9.5, "currency": "EUR"}}
            case.body = {name: body[name] for name in body if name not in ("sale_price", "image_url", "video_url")}
            _known["products"].append(product)
    elif _known["products"] and sound and _often(case.path_parameters):
        case.path_parameters["product"] = _known["products"][-1]


def _small(policy: dict[str, Any]) -> None:
    learning = policy.get("learning")
    if isinstance(learning, dict) and "bits" in learning:
        learning["bits"] = min(learning["bits"], MOST_BITS)


def _often(text: Any) -> bool:
    return zlib.crc32(str(text).encode(errors="replace")) % 4 != 0


class NotRefused(Failure):
    """What the schema forbids was taken."""


class Inexact(Failure):
    """What the schema allows was refused for a reason that a schema can express."""


def _plain(answer: schemathesis.Response) -> dict[str, Any]:
    try:
        found = answer.json()
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


@schemathesis.check
def bad_requests_are_refused(
    ctx: schemathesis.CheckContext, answer: schemathesis.Response, case: schemathesis.Case
) -> None:
    """As Schemathesis has it, but a refusal may stand in its place: of one event, or of one decision of a batch."""
    said = _plain(answer)
    if said.get("rejected") or any("status" in one for one in said.get("answers", ())):
        return
    check: Callable[..., Any] = CHECKS.get_one("negative_data_rejection")
    check(ctx, answer, case)


@schemathesis.check
def sound_requests_are_taken(
    _ctx: schemathesis.CheckContext, answer: schemathesis.Response, case: schemathesis.Case
) -> None:
    """Or refused for what stands elsewhere, or cannot be said in a schema."""
    if not case.meta or not case.meta.generation.mode.is_positive:
        return
    said = _plain(answer)
    refused = [one for one in [said, *said.get("answers", ())] if one.get("status") in (400, 405, 413, 415, 422)]
    for one in refused:
        codes = {fault["code"] for fault in one.get("errors", ())}
        if not codes & BEYOND and not SAID.search(one["detail"]):
            raise Inexact(operation=case.operation.label, message=one["detail"])
