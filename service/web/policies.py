"""GET /v1/policies/{id}/report."""

from __future__ import annotations

import msgspec
from flask import Blueprint, Response

from service.reporting import REPORT_FIELDS, report
from service.web.parts import Web
from service.web.problems import problem


def blueprint(web: Web) -> Blueprint:
    routes = Blueprint("policies", __name__)

    @routes.get("/v1/policies/<policy_id>/report")
    def policy_report(policy_id: str) -> Response:
        if web.serving.policy(policy_id) is None:
            return problem(404, "unknown-policy", "Unknown policy", "there is no policy of this id in the catalog")
        found = report(policy_id, web.store.snapshot_fields(policy_id, REPORT_FIELDS))
        return Response(msgspec.json.encode(found), mimetype="application/json")

    return routes
