"""The door of a web worker: every request comes through here before anything is done about it."""

from __future__ import annotations

from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from service.access.gate import BEACONS, EVENTS, LINKS, OPEN, Access, Limited, Refusal, is_loopback
from service.web import answers
from service.web.answers import Answer

OWN_SITE = ("same-origin", "none")  # what a browser says of a request that no other site has made

_CHALLENGE = ("WWW-Authenticate", 'Bearer realm="adbandit"')


def admitted(access: Access, environment: dict[str, Any]) -> Answer | None:
    """What to answer instead of what was asked for, or None to go on."""
    path, method = environment["PATH_INFO"], environment["REQUEST_METHOD"]
    if access.keyless:
        foreign = path != EVENTS and not path.startswith(LINKS) and path not in OPEN and _foreign(environment)
        return _refused(Refusal.FOREIGN, path) if foreign else None
    text = bearer(environment)
    in_url = text is None and path in BEACONS and method == "POST"
    if in_url:
        text = _from_query(environment)
    found = access.admit(text, method, path, in_url=in_url)
    if isinstance(found, Refusal):
        return _refused(found, path)
    if isinstance(found, Limited):
        detail = f"this key is used up for now; try again in {found.wait_s} s"
        answer = answers.problem(429, "rate-limited", "Too many requests of this key", detail, path)
        return answer._replace(headers=(("Retry-After", str(found.wait_s)),))
    return None


def bearer(environment: dict[str, Any]) -> str | None:
    """The key of the `Authorization` header, if there is one."""
    given: str = environment.get("HTTP_AUTHORIZATION", "")
    return given[7:].strip() if given[:7].lower() == "bearer " else None


def _from_query(environment: dict[str, Any]) -> str | None:
    parts = environment.get("QUERY_STRING", "").split("&")
    return next((part[4:] for part in parts if part.startswith("key=")), None)


def _foreign(environment: dict[str, Any]) -> bool:
    """Whether a page of another site asks, or somebody under a name that is not this machine's: DNS can be rebound."""
    if environment.get("HTTP_SEC_FETCH_SITE", "none") not in OWN_SITE:
        return True
    host, origin = environment.get("HTTP_HOST", "localhost"), environment.get("HTTP_ORIGIN")
    return not _is_here(host) or (origin is not None and origin.partition("://")[2] != host)


@lru_cache(maxsize=64)
def _is_here(host: str) -> bool:
    """Whether a `Host` header names this machine by a name that nobody else can give it."""
    try:
        return is_loopback(urlsplit(f"//{host}").hostname or "")
    except ValueError:
        return False


def _refused(why: Refusal, path: str) -> Answer:
    if why is Refusal.UNKNOWN:
        return answers.problem(401, "unauthorized", "No key", why.value, path)._replace(headers=(_CHALLENGE,))
    title = "Not for other sites" if why is Refusal.FOREIGN else "Not with this key"
    return answers.problem(403, "forbidden", title, why.value, path)
