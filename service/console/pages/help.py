"""The page that says which keys do what."""

from __future__ import annotations

from flask import Blueprint, Response

from service.console.page import Console, show

KEYS = (
    ("?", "help"),
    ("/", "filter"),
    ("j k", "rows"),
    ("Enter", "open"),
    ("n", "new"),
    ("Ctrl+Enter", "save"),
    ("g o", "overview"),
    ("g c", "campaigns"),
    ("g t", "templates"),
    ("g p", "placements"),
    ("g l", "policies"),
    ("g s", "products"),
    ("g u", "users"),
    ("Esc", "close"),
)


def register(routes: Blueprint, console: Console) -> None:
    @routes.get("/help")
    def keys() -> Response:
        return show("help.html", keys=KEYS, section="help")
