"""The Flask app of one web worker."""

from __future__ import annotations

from flask import Flask, Response, g, request

from service import metrics
from service.web import catalog, decisions, events, health, policies, problems
from service.web.parts import Web


def create_app(web: Web) -> Flask:
    """All routes, each answer timed and counted."""
    app = Flask("adbandit", static_folder=None)
    app.url_map.strict_slashes = False
    problems.register(app)
    for resource in (decisions, events, policies, catalog, health):
        app.register_blueprint(resource.blueprint(web))

    @app.before_request
    def start() -> None:
        g.started = web.elapsed()

    @app.after_request
    def finish(answer: Response) -> Response:
        took_s = web.elapsed() - g.started
        route = request.url_rule.rule if request.url_rule else "none"
        metrics.requests.labels(route, answer.status_code).inc()
        metrics.request_seconds.labels(route).observe(took_s)
        answer.headers["Server-Timing"] = f"app;dur={took_s * 1000:.3f}"
        return answer

    return app
