"""One user: what is known, consent, erasure. Keys are sent in forms, so that no address and no log has them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from flask import Blueprint, Response, g, request

from bandit.profiles.described import described
from service.console.page import Console, only_for_change, show
from service.web.users import LONGEST_KEY


def register(routes: Blueprint, console: Console) -> None:
    people, pseudonym = console.web.people, console.web.signer.pseudonym

    @routes.get("/users")
    def users() -> Response:
        only_for_change()
        return _page(console, "")

    @routes.post("/users")
    def user() -> Response:
        only_for_change()
        key, verb = request.form.get("key", ""), request.form.get("verb", "")
        if not 0 < len(key) <= LONGEST_KEY:
            return _page(console, key, status=422, wrong=g.shown.words("fault.required" if not key else "users.long"))
        if verb in ("erase", "refuse") and not request.form.get("sure"):
            return show("user_sure.html", key=key, verb=verb, section="users")
        changes = {"erase": people.erase, "refuse": people.refuse, "allow": people.allow}
        if verb in changes:
            changes[verb](pseudonym(key), console.web.clock())
        return _page(console, key, done=verb if verb in changes else "")


def _page(console: Console, key: str, *, status: int = 200, wrong: str = "", done: str = "") -> Response:
    state = console.web.people.state(console.web.signer.pseudonym(key)) if key and not wrong else None
    known = described(state, console.web.clock()) if state and not state.refused else {}
    return show(
        "users.html",
        status,
        key=key,
        wrong=wrong,
        asked=bool(key) and not wrong,
        found=state is not None,
        refused=state is not None and state.refused,
        known=list(_told(known)),
        done=done,
        section="users",
    )


def _told(known: Mapping[str, Any]) -> Iterator[tuple[str, str, list[tuple[str, str]]]]:
    """What is known, as a word of ours with a text or with named values."""
    for name, value in known.items():
        if name == "features" or value in (None, {}, [], ""):
            continue
        if isinstance(value, dict):
            yield name, "", [(str(inner), _short(said)) for inner, said in value.items()]
        else:
            yield name, ", ".join(map(str, value)) if isinstance(value, list) else _short(value), []


def _short(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return f"{value:g}" if isinstance(value, float) else str(value)
