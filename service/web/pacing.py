"""GET /v1/campaigns/{id}/pacing."""

from __future__ import annotations

import msgspec
from flask import Blueprint, Response

from service.budgets.standing import pacing
from service.store.budgets import Budgets
from service.web.parts import Web
from service.web.problems import problem


def blueprint(web: Web) -> Blueprint:
    routes = Blueprint("pacing", __name__)
    budgets = Budgets(web.store)

    @routes.get("/v1/campaigns/<item_id>/pacing")
    def campaign_pacing(item_id: str) -> Response:
        campaign = next((one for one in web.catalogs.current().campaigns if one.id == item_id), None)
        if campaign is None:
            return problem(404, "unknown-item", "Unknown item", f"there is no {item_id!r} in campaigns")
        return Response(msgspec.json.encode(pacing(campaign, budgets)), mimetype="application/json")

    return routes
