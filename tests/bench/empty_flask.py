"""The limit a Flask service is held against: a route that does nothing, on the same server."""

from __future__ import annotations

from flask import Flask

app = Flask(__name__)


@app.post("/v1/decisions")
def nothing() -> str:
    return "ok"
