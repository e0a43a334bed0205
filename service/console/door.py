"""The door of the console: every request under /console comes through here, since the gate lets all of them pass.

Without any key everybody is inside, as with the API, whose check for other sites has been made before. With keys,
whoever has no session is led to the page for signing in. Whatever changes something is a POST that carries the word of
its session.
"""

from __future__ import annotations

from urllib.parse import quote

import structlog
from flask import Blueprint, Response, g, request

from service.console.languages import COOKIE as LANGUAGE
from service.console.languages import LANGUAGES, chosen, words
from service.console.page import HOME, MOST_FEED, Console, Shown, fault, lead, show
from service.console.sessions import COOKIE, LASTS_S

MOST_FORM = 1024 * 1024  # bytes of what a form sends
YEAR_S = 365 * 86_400
FEED = "console.feed"
WITHOUT_FORMS = ("console.static_file", "console.preview")  # browsers ask for some of these without cookies
OUTSIDE = ("console.login", "console.sign_in", "console.language", "console.static_file")

log = structlog.get_logger(__name__)


def register(routes: Blueprint, console: Console) -> None:
    """The door itself, and the pages for coming in and going out."""

    @routes.before_request
    def look() -> Response | None:
        request.max_content_length = MOST_FEED + MOST_FORM if request.endpoint == FEED else MOST_FORM
        request.max_form_memory_size = MOST_FORM
        visitor, g.cookie = console.sessions.visitor(request.cookies.get(COOKIE)), None
        if not visitor.word and request.endpoint not in WITHOUT_FORMS:
            visitor, g.cookie = console.sessions.begun()
        tags = [tag for tag, _ in request.accept_languages]
        language = words(chosen(request.cookies.get(LANGUAGE), tags))
        g.shown = Shown(visitor, language, console.sessions.token(visitor))
        if not visitor.inside and request.endpoint not in OUTSIDE:
            return lead(f"/login?next={quote(request.full_path if request.method == 'GET' else HOME)}")
        if request.method == "POST" and not console.sessions.sent_by(visitor, request.form.get("token", "")):
            return fault(403, "form")
        return None

    @routes.after_request
    def leave(answer: Response) -> Response:
        # Of no referrer a browser makes the origin `null`, too, and that of a form would be taken for another site's.
        answer.headers["Referrer-Policy"] = "same-origin"
        answer.headers.setdefault("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
        if g.get("cookie"):
            _put(answer, g.cookie)
        return answer

    @routes.get("/login")
    def login() -> Response:
        return lead("") if g.shown.visitor.inside else show("login.html", next=request.args.get("next", ""), wrong="")

    @routes.post("/login")
    def sign_in() -> Response:
        address, after = request.remote_addr or "", request.form.get("next", "")
        wait_s = console.failures.wait_s(address)
        if wait_s:
            answer = show("login.html", 429, next=after, wrong=g.shown.words("login.wait", seconds=wait_s))
            answer.headers["Retry-After"] = str(wait_s)
            return answer
        key = console.web.access.holder(request.form.get("key", "").strip())
        if key is None or key.role == "decide":
            console.failures.note(address)
            log.warning("sign_in_refused", address=address)
            return show("login.html", 401, next=after, wrong=g.shown.words("login.role" if key else "login.unknown"))
        _, g.cookie = console.sessions.begun(key)
        return lead(_own(after))

    @routes.post("/logout")
    def logout() -> Response:
        _, g.cookie = console.sessions.begun()
        return lead("/login" if not g.shown.visitor.keyless else "")

    @routes.post("/language")
    def language() -> Response:
        wanted = request.form.get("language", "")
        answer = lead(_own(request.form.get("next", "")))
        if wanted in LANGUAGES:
            answer.set_cookie(LANGUAGE, wanted, max_age=YEAR_S, path=HOME, httponly=True, samesite="Strict")
        return answer


def _own(path: str) -> str:
    """The rest of a path of ours; nothing of any other, which a link could lead a visitor to."""
    rest = path.removeprefix(HOME)
    return rest if path.startswith(f"{HOME}/") and "\\" not in path and path.isprintable() else ""


def _put(answer: Response, cookie: str) -> None:
    secure = request.is_secure or request.headers.get("X-Forwarded-Proto") == "https"
    answer.set_cookie(
        COOKIE, cookie, max_age=round(LASTS_S), path=HOME, httponly=True, samesite="Strict", secure=secure
    )
