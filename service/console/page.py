"""How a page is answered: a template in the visitor's language, where a browser runs nothing but our own file."""

from __future__ import annotations

import hashlib
import re
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import jinja2
from flask import Response, g, request
from markupsafe import Markup, escape
from werkzeug.exceptions import Forbidden

from service.console.languages import LANGUAGES, Words
from service.console.sessions import Failures, Sessions, Visitor
from service.web.parts import Web

HOME = "/console"
FILES = {"console.css": "text/css", "console.js": "text/javascript", "icon.svg": "image/svg+xml"}
SECTIONS = ("campaigns", "templates", "products", "placements", "policies", "users")
MOST_FEED = 16 * 1024 * 1024  # bytes of a feed that is sent; a larger one is for `adbandit products import`

_FOLDER = Path(__file__).parent
_TICKS = re.compile(r"`([^`]+)`")
_RULES = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'{images}; frame-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


class Console(NamedTuple):
    """What the pages are given to work with."""

    web: Web
    sessions: Sessions
    failures: Failures


class Shown(NamedTuple):
    """Who sees a page, and how."""

    visitor: Visitor
    words: Words
    token: str  # what its forms carry


def show(template: str, status: int = 200, *, images: str = "", **given: Any) -> Response:
    """One page.

    images  further sources that images may come from, as a content security policy names them
    """
    shown: Shown = g.shown
    common = {
        "t": shown.words,
        "visitor": shown.visitor,
        "token": shown.token,
        "languages": LANGUAGES,
        "home": HOME,
        "sections": SECTIONS,
        "path": request.full_path.rstrip("?") if request.method == "GET" else request.path,
        "version": version(),
        "done": request.args.get("done", ""),
        "section": "",
    }
    text = _environment().get_template(template).render(common | given)
    rules = _RULES.format(images=f" {images}" if images else "")
    return Response(text, status, {"Content-Security-Policy": rules}, mimetype="text/html")


def fault(status: int, code: str, **values: object) -> Response:
    """A page that says why there is no other."""
    told: Words = g.shown.words
    return show("fault.html", status, title=told(f"wrong.{code}"), says=told(f"wrong.{code}.help", **values))


def lead(path: str, done: str = "") -> Response:
    """Go on to another page, which says what was done: `done.<done>` of the words."""
    told = f"{'&' if '?' in path else '?'}done={done}" if done else ""
    return Response(status=303, headers={"Location": f"{HOME}{path}{told}"})


def only_for_change() -> None:
    """Raises Forbidden for who may read only."""
    if not g.shown.visitor.may_change:
        raise Forbidden


@cache
def file(name: str) -> bytes:
    """One of FILES."""
    return (_FOLDER / "static" / name).read_bytes()


@cache
def version() -> str:
    """Stands in the address of each file, so that a browser keeps it until there is another."""
    return hashlib.blake2b(b"".join(map(file, FILES)), digest_size=6).hexdigest()


def ticked(text: str) -> Markup:
    """A text as HTML, with what stands between backticks as code.

    >>> str(ticked("as `a < b`"))
    'as <code>a &lt; b</code>'
    """
    return Markup(_TICKS.sub(r"<code>\1</code>", str(escape(text))))


@cache
def _environment() -> jinja2.Environment:
    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_FOLDER / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.filters["ticked"] = ticked
    return made
