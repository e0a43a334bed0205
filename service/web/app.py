"""The WSGI app of one web worker: Flask, with the front before it."""

from __future__ import annotations

from flask import Flask, Response, g, request

from service.console import blueprint as console
from service.web import (
    activity,
    catalog,
    creatives,
    decisions,
    events,
    health,
    openapi,
    pacing,
    policies,
    problems,
    products,
    users,
)
from service.web.answers import GUARDS
from service.web.counting import counted
from service.web.front import Front
from service.web.parts import Web


def create_app(web: Web) -> Flask:
    """All routes, each answer timed and counted."""
    app = Flask("adbandit", static_folder=None)
    app.url_map.strict_slashes = False
    app.url_map.merge_slashes = False  # a path that is none is refused, not redirected from
    app.config["PROVIDE_AUTOMATIC_OPTIONS"] = False
    problems.register(app)
    for resource in (events, activity, creatives, policies, pacing, catalog, products, users, health):
        app.register_blueprint(resource.blueprint(web))
    app.register_blueprint(openapi.blueprint())
    app.register_blueprint(console.blueprint(web))

    @app.before_request
    def start() -> None:
        g.started = web.elapsed()

    @app.after_request
    def finish(answer: Response) -> Response:
        route = request.url_rule.rule if request.url_rule else "none"
        name, value = counted(route, answer.status_code, web.elapsed() - g.started)
        answer.headers[name] = value
        for guard, wanted in GUARDS:
            answer.headers.setdefault(guard, wanted)
        return answer

    app.wsgi_app = Front(web, {**decisions.routes(web), **events.routes(web), **activity.routes(web)}, app.wsgi_app)  # type: ignore[method-assign, assignment]
    return app
