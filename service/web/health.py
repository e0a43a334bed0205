"""/livez, /readyz and /metrics."""

from __future__ import annotations

import msgspec
from flask import Blueprint, Response, request

from service import metrics
from service.tally import settle
from service.web.admission import bearer
from service.web.parts import Web

STORE_AWAY_AFTER_S = 2.0  # without an answer


class PolicyHealth(msgspec.Struct, frozen=True, kw_only=True):
    model_version: int
    model_age_s: float  # since these weights came
    candidates: int


class Health(msgspec.Struct, frozen=True, kw_only=True):
    status: str  # ok; degraded: Redis is away, decisions go on; starting: no catalog seen yet
    redis: bool
    catalog_version: int
    outbox_backlog: int  # rows of this worker and this host's events that are not in the log
    policies: dict[str, PolicyHealth]


def blueprint(web: Web) -> Blueprint:
    routes = Blueprint("health", __name__)

    @routes.get("/livez")
    def livez() -> Response:
        return Response(b'{"status":"ok"}', mimetype="application/json")

    @routes.get("/readyz")
    def readyz() -> Response:
        found = _health(web)
        whole = web.access.knows(bearer(request.environ))
        return Response(
            msgspec.json.encode(found if whole else {"status": found.status}),
            503 if found.status == "starting" else 200,
            mimetype="application/json",
        )

    @routes.get("/metrics")
    def prometheus() -> Response:
        settle()
        return Response(metrics.exposition(), mimetype="text/plain")

    return routes


def _health(web: Web) -> Health:
    now = web.clock()
    reached = now - web.serving.reached < STORE_AWAY_AFTER_S
    policies = {
        policy_id: PolicyHealth(
            model_version=served.weights.version, model_age_s=now - served.since, candidates=served.shelf.pairs
        )
        for policy_id, served in web.serving.policies().items()
    }
    return Health(
        status="starting" if not web.serving.ready else "ok" if reached else "degraded",
        redis=reached,
        catalog_version=web.serving.catalog_version,
        outbox_backlog=sum(outbox.backlog() for outbox in web.outboxes),
        policies=policies,
    )
