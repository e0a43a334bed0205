"""Who gets in, how far, and for how long."""

from __future__ import annotations

import pytest

from service.console.sessions import LASTS_S, Failures
from tests.service.console.conftest import Console

INSIDE = ("", "/campaigns", "/campaigns/summer", "/templates/sale/preview", "/users", "/products", "/help")
CHANGES = (
    "/campaigns/new",
    "/campaigns/summer",
    "/campaigns/summer/status",
    "/campaigns/summer/delete",
    "/templates/sale/proposals",
    "/products/item",
    "/products/feed",
    "/users",
)


def sign_in(console: Console, key: str, after: str = "") -> int:
    return console.post("/login", {"key": key, "next": after}).status_code


def test_without_any_key_everything_is_open_but_no_form_of_another_page(console: Console) -> None:
    assert "summer" in console.get("/campaigns")
    before = console.catalogs.current()
    for path in CHANGES:
        for token in ("", "x", "é", console.token()[:-1] + "z"):
            assert console.post(path, {"id": "x", "sure": "1", "version": "1"}, token=token).status_code == 403
    assert console.catalogs.current() == before


def test_a_word_is_of_one_session_only(console: Console) -> None:
    token = console.token()
    console.client.delete_cookie("adbandit_console", path="/console")
    assert console.post("/campaigns/new", {"id": "x"}, token=token).status_code == 403


def test_with_keys_nothing_is_shown_before_one_has_signed_in(console: Console) -> None:
    console.key("admin")
    for path in INSIDE:
        answer = console.client.get(f"/console{path}")
        assert answer.status_code == 303
        assert answer.headers["Location"].startswith("/console/login?next=/console")
        assert "summer" not in answer.text
    for path in CHANGES:
        assert (
            console.post(path, {"id": "x", "sure": "1", "version": "1"})
            .headers["Location"]
            .startswith("/console/login")
        )


def test_an_admin_signs_in_works_and_signs_out(console: Console) -> None:
    key = console.key("admin")
    answer = console.post("/login", {"key": f" {key}\n", "next": "/console/campaigns?q=summer"})
    assert answer.headers["Location"] == "/console/campaigns?q=summer"
    cookie = answer.headers["Set-Cookie"]
    assert all(word in cookie for word in ("HttpOnly", "SameSite=Strict", "Path=/console"))
    assert key.split("_", 2)[2] not in cookie
    assert console.change("/campaigns/winter", priority="3").status_code == 303
    assert console.post("/logout", {}).status_code == 303
    assert console.client.get("/console/campaigns").status_code == 303


def test_a_cookie_is_for_https_where_the_visitor_uses_that(console: Console) -> None:
    answer = console.client.get("/console/login", headers={"X-Forwarded-Proto": "https"})
    assert "Secure" in answer.headers.get("Set-Cookie", "Secure")


def test_a_reader_reads_and_changes_nothing(console: Console) -> None:
    assert sign_in(console, console.key("report")) == 303
    before = console.catalogs.current()
    page = console.get("/campaigns/summer")
    assert '<fieldset class="all" disabled>' in page
    assert "Delete" not in page
    for path in CHANGES:
        assert console.post(path, {"id": "x", "sure": "1", "version": "1"}).status_code == 403
    console.get("/users", 403)
    console.get("/campaigns/new", 403)
    assert console.catalogs.current() == before


def test_keys_of_shops_open_no_pages(console: Console) -> None:
    assert sign_in(console, console.key("decide")) == 401
    assert console.client.get("/console/campaigns").status_code == 303


def test_a_revoked_key_ends_its_sessions_at_once(console: Console) -> None:
    assert sign_in(console, console.key("admin")) == 303
    assert console.client.get("/console/campaigns").status_code == 200
    console.revoke()
    assert console.client.get("/console/campaigns").status_code == 303


def test_a_session_ends_after_twelve_hours_and_began_not_tomorrow(console: Console) -> None:
    assert sign_in(console, console.key("admin")) == 303
    console.now += LASTS_S - 1
    assert console.client.get("/console/campaigns").status_code == 200
    console.now += 1
    assert console.client.get("/console/campaigns").status_code == 303
    console.now -= 10 * LASTS_S
    assert console.client.get("/console/campaigns").status_code == 303


@pytest.mark.parametrize("cookie", ["", "x", ".", "a.b", "W10.x", "é", "x" * 9_000, "bnVsbA.AAAA"])
def test_a_cookie_that_is_not_ours_is_none(console: Console, cookie: str) -> None:
    console.key("admin")
    answer = console.client.get("/console/campaigns", headers={"Cookie": f"adbandit_console={cookie}"})
    assert answer.status_code == 303


def test_signing_in_begins_a_new_session(console: Console) -> None:
    key, before = console.key("admin"), console.token()
    assert sign_in(console, key) == 303
    assert console.post("/campaigns/new", {"id": "x"}, token=before).status_code == 403


def test_who_fails_to_sign_in_again_and_again_has_to_wait(console: Console) -> None:
    key = console.key("admin")
    assert {sign_in(console, "adb_x_y") for _ in range(Failures.MOST)} == {401}
    answer = console.post("/login", {"key": key})
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "61")
    console.now += Failures.PER_S
    assert sign_in(console, key) == 303


def test_failures_of_many_addresses_are_not_kept_without_end() -> None:
    failures = Failures(lambda: 0.0)
    for i in range(3 * Failures.ADDRESSES):
        failures.note(str(i))
    assert len(failures._tries) == Failures.ADDRESSES


def test_nothing_of_an_absurd_form_is_taken_and_nothing_breaks(console: Console) -> None:
    before, token = console.catalogs.current(), console.token()
    version = str(before.version)
    for path in ("/campaigns/new", "/campaigns/summer", "/templates/sale", "/policies/home", "/placements/hero"):
        for value in ("\0", "x" * 100_000, "-1e999", "[" * 10_000, "\ud800".encode("utf-8", "surrogatepass")):
            names = ("id", "priority", "caps.0.hours", "targeting.any", "features", "horizon_s", "budget?", "starts_at")
            given = dict.fromkeys(names, value) | {"token": token, "version": version}
            assert 400 <= console.client.post(f"/console{path}", data=given).status_code < 500
    assert (
        console.client.post("/console/campaigns/new", data={"token": token, "id": "x" * 3_000_000}).status_code == 413
    )
    assert console.catalogs.current() == before
