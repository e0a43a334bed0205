"""Trying to get in, over HTTP: without a key, with a wrong or a lesser one, from another site, by a link."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from service.cli import app
from tests.catalogs import CATALOG
from tests.running import Json, Running, eventually

ROUTES = [
    ("POST", "/v1/decisions"),
    ("POST", "/v1/decisions:batch"),
    ("POST", "/v1/events"),
    ("POST", "/v1/rewards"),
    ("GET", "/v1/catalog"),
    ("POST", "/v1/catalog"),
    ("GET", "/v1/templates"),
    ("GET", "/v1/templates/sale"),
    ("PUT", "/v1/templates/sale"),
    ("DELETE", "/v1/templates/sale"),
    ("GET", "/v1/policies/home/report"),
    ("GET", "/metrics"),
    ("GET", "/v1/nothing"),
    ("OPTIONS", "/v1/catalog"),
    ("HEAD", "/v1/catalog"),
    ("POST", "/v1/t/i/x"),
    ("GET", "/v1/catalog/"),
    ("GET", "//v1/catalog"),
    ("GET", "/v1/t/../catalog"),
    ("GET", "/v1%2fcatalog"),
    ("GET", "/"),
    ("GET", "/readyz/../v1/catalog"),
    ("POST", "/v1/events/"),
    ("GET", "/livez/../metrics"),
    ("POST", "/livez"),
]
WRONG = [
    "",
    "Bearer",
    "Bearer ",
    "Bearer x",
    "Basic YTpi",
    "Bearer adb_000000000000_" + "A" * 43,
    "Bearer " + "x" * 9_000,
]


def adbandit(data: Path, *words: str) -> str:
    done = CliRunner().invoke(app, [*words, "--data", str(data)], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.stdout.strip()


class Guarded:
    """A service on all addresses, with a key of each role."""

    def __init__(self, folder: Path) -> None:
        self.data = folder / "data"
        roles = ("admin", "decide", "report")
        self.keys = {role: adbandit(self.data, "keys", "add", "--role", role) for role in roles}
        self.running = Running(self.data, CATALOG, ADBANDIT_HOST="0.0.0.0", ADBANDIT_LINK_HOSTS="shop.example")

    def ask(self, method: str, path: str, key: str | None = None, body: Any = None, **headers: str) -> tuple[int, Json]:
        """Status and JSON of one call; nothing for what is no JSON."""
        given = headers | ({"Authorization": f"Bearer {self.keys.get(key, key)}"} if key else {})
        content = None if body is None else json.dumps(body).encode()
        given["Content-Type"] = "application/json"
        answer = self.running.pool.request(method, self.running.url + path, body=content, headers=given, redirect=False)
        return answer.status, answer.json() if "json" in answer.headers.get("Content-Type", "") and answer.data else {}


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    found = Guarded(tmp_path_factory.mktemp("guarded"))
    yield found
    found.running.stop()


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_nothing_is_answered_without_a_key_or_with_a_wrong_one(guarded: Guarded, method: str, path: str) -> None:
    for authorization in [None, *WRONG]:
        headers = {} if authorization is None else {"Authorization": authorization}
        answer = guarded.running.pool.request(method, guarded.running.url + path, headers=headers, redirect=False)
        assert answer.status == 401, (authorization, answer.data)
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")
        assert method == "HEAD" or answer.json()["type"] == "urn:adbandit:problem:unauthorized"


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_an_admin_is_refused_nothing(guarded: Guarded, method: str, path: str) -> None:
    if method != "DELETE":
        assert guarded.ask(method, path, "admin")[0] not in (401, 403)


def test_each_role_gets_as_far_as_it_may(guarded: Guarded) -> None:
    decision = guarded.ask("POST", "/v1/decisions", "decide", {"policy": "home"})
    assert (decision[0], len(decision[1]["ads"])) == (200, 1)
    for method, path in ROUTES:
        allowed = {role: guarded.ask(method, path, role)[0] not in (401, 403) for role in ("decide", "report")}
        assert allowed["decide"] == (path in ("/v1/decisions", "/v1/decisions:batch", "/v1/events", "/v1/rewards"))
        assert not allowed["report"] or method in ("GET", "HEAD")
    assert guarded.ask("GET", "/v1/policies/home/report", "report")[0] == 200
    assert guarded.ask("PUT", "/v1/templates/sale", "report", {})[1]["type"] == "urn:adbandit:problem:forbidden"


def test_health_tells_strangers_no_more_than_whether(guarded: Guarded) -> None:
    assert guarded.ask("GET", "/livez") == (200, {"status": "ok"})
    for key in (None, "decide", "x"):
        assert guarded.ask("GET", "/readyz", key) == (200, {"status": "ok"})
    assert "policies" in guarded.ask("GET", "/readyz", "report")[1]


def test_a_beacon_may_bring_a_decider_s_key_in_its_url_and_no_other(guarded: Guarded) -> None:
    decision = guarded.ask("POST", "/v1/decisions", "decide", {"policy": "home"})[1]["decision_id"]
    event = {"events": [{"id": decision, "type": "click", "decision_id": decision}]}
    told = {role: guarded.ask("POST", f"/v1/events?key={key}", None, event) for role, key in guarded.keys.items()}
    assert told["decide"] == (202, {"accepted": 1, "duplicates": 0, "late": False, "rejected": []})
    for role in ("admin", "report"):
        assert (told[role][0], "may stand in a URL" in told[role][1]["detail"]) == (403, True)
        assert guarded.keys[role] not in str(told[role])
    for path in ("/v1/rewards", "/v1/decisions", "/v1/catalog"):
        assert guarded.ask("POST", f"{path}?key={guarded.keys['decide']}")[0] == 401


def test_links_need_no_key(guarded: Guarded) -> None:
    answer = guarded.ask("POST", "/v1/decisions", "decide", {"policy": "home", "templates": ["sale"]})[1]
    tracking = answer["ads"][0]["tracking"]
    assert guarded.ask("GET", tracking["impression_url"])[0] == 204
    assert guarded.ask("GET", tracking["click_url"])[0] == 302
    assert guarded.ask("GET", tracking["click_url"][:-1] + "!")[0] == 404


@pytest.mark.parametrize(
    "path", ["/v1/t/..%2fcatalog", "/v1/t/%2e%2e/catalog", "/v1/t//catalog", "/v1/t/c/..%2f..%2f..%2fmetrics"]
)
def test_nothing_else_is_behind_the_open_paths(guarded: Guarded, path: str) -> None:
    with socket.create_connection(("127.0.0.1", int(guarded.running.url.rpartition(":")[2]))) as raw:
        raw.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
        answer = raw.makefile("rb").read()
    assert answer.split()[1] in (b"404", b"401", b"308"), answer
    assert b"templates" not in answer
    assert b"adbandit_" not in answer


def test_a_key_is_refused_within_a_second_of_being_revoked(guarded: Guarded) -> None:
    key = adbandit(guarded.data, "keys", "add", "--role", "report", "--name", "leaver")
    eventually(lambda: guarded.ask("GET", "/v1/catalog", key)[0] == 200, 1.0)
    listed = adbandit(guarded.data, "keys", "list")
    assert "leaver" in listed
    assert key.split("_", 2)[2] not in listed
    adbandit(guarded.data, "keys", "revoke", key.split("_")[1])
    eventually(lambda: guarded.ask("GET", "/v1/catalog", key)[0] == 401, 1.0)


def test_a_key_used_too_often_is_told_when_to_come_back(guarded: Guarded) -> None:
    key = adbandit(guarded.data, "keys", "add", "--role", "decide", "--rate", "0.05")
    request = {"policy": "home"}
    eventually(lambda: guarded.ask("POST", "/v1/decisions", key, request)[0] == 200, 1.0)
    answer = guarded.running.pool.request(
        "POST", guarded.running.url + "/v1/decisions", headers={"Authorization": f"Bearer {key}"}, json=request
    )
    assert (answer.status, answer.json()["type"]) == (429, "urn:adbandit:problem:rate-limited")
    assert 15 <= int(answer.headers["Retry-After"]) <= 20
    assert guarded.ask("POST", "/v1/decisions", "decide", request)[0] == 200


@pytest.mark.parametrize(
    ("creative", "field"),
    [
        ({"html": "<img src=x onerror=alert(1)>"}, "html"),
        ({"html": "<p title={title}></p>"}, "html"),
        ({"html": '<a href="https://evil.example/">x</a>'}, "html"),
        ({"link": "https://shop.example@evil.example/"}, "link"),
        ({"link": "https://evil.example/"}, "link"),
        ({"image_url": "https://shop.example.evil.example/a.png"}, "image_url"),
    ],
)
def test_an_unsafe_creative_is_refused_in_catalog_and_request(guarded: Guarded, creative: Json, field: str) -> None:
    status, problem = guarded.ask("PUT", "/v1/templates/bad", "admin", {"creative": creative})
    assert (status, problem["errors"][0]["pointer"]) == (422, f"#/templates/4/creative/{field}")
    candidates = [{"template": "t"}, {"template": "u", "creative": creative}]
    status, problem = guarded.ask("POST", "/v1/decisions", "decide", {"policy": "home", "candidates": candidates})
    assert (status, problem["errors"][0]["pointer"]) == (422, f"#/candidates/1/creative/{field}")


@pytest.mark.parametrize("path", ["/livez", "/readyz", "/v1/catalog", "/v1/decisions", "/v1/t/c/x", "/nothing"])
def test_every_answer_is_guarded(guarded: Guarded, path: str) -> None:
    for method, key in (("GET", "x"), ("GET", guarded.keys["admin"]), ("POST", guarded.keys["admin"])):
        url, headers = guarded.running.url + path, {"Authorization": f"Bearer {key}"}
        found = guarded.running.pool.request(method, url, headers=headers, body=b"{", redirect=False).headers
        assert (found["X-Content-Type-Options"], found["Cache-Control"]) == ("nosniff", "no-store")
        assert found["Content-Security-Policy"].startswith("default-src 'none'")
        assert (found["Referrer-Policy"], found["Server"]) == ("no-referrer", "adbandit")


def test_a_rotation_keeps_ids_links_and_users_and_dropping_ends_them(guarded: Guarded) -> None:
    def decide() -> Json:
        return guarded.ask(
            "POST", "/v1/decisions", "decide", {"policy": "home", "templates": ["sale"], "user": {"key": "u"}}
        )[1]

    def knows(decision: str) -> bool:
        event = {"events": [{"id": f"x-{decision}", "type": "impression", "decision_id": decision}]}
        return guarded.ask("POST", "/v1/events", "decide", event)[0] == 202

    def can_drop() -> bool:
        return CliRunner().invoke(app, ["secret", "drop-old", "--data", str(guarded.data)]).exit_code == 0

    before = decide()
    adbandit(guarded.data, "secret", "rotate")
    assert not can_drop()
    assert knows(before["decision_id"])
    eventually(can_drop, 20.0)
    eventually(lambda: not knows(before["decision_id"]), 2.0)
    after = decide()
    assert knows(after["decision_id"])
    assert after["arm"] == before["arm"]
    assert guarded.ask("GET", before["ads"][0]["tracking"]["click_url"])[0] == 404
    assert guarded.ask("GET", after["ads"][0]["tracking"]["click_url"])[0] == 302


def test_all_keys_revoked_or_a_damaged_file_open_nothing(guarded: Guarded) -> None:
    file = guarded.data / "keys.json"
    whole = file.read_bytes()
    for content in (b'{"keys":[]}', b"{", None):
        file.unlink() if content is None else file.write_bytes(content)
        eventually(lambda: guarded.ask("GET", "/v1/catalog", "admin")[0] == 401, 1.0)
        assert guarded.ask("GET", "/v1/catalog")[0] == 401
        assert guarded.ask("GET", "/readyz") == (200, {"status": "ok"})
    file.write_bytes(whole)
    eventually(lambda: guarded.ask("GET", "/v1/catalog", "admin")[0] == 200, 1.0)


def test_a_list_of_hosts_made_shorter_closes_the_links_that_were_signed_before(guarded: Guarded) -> None:
    answer = guarded.ask("POST", "/v1/decisions", "decide", {"policy": "home", "templates": ["sale"]})[1]
    click = answer["ads"][0]["tracking"]["click_url"]
    guarded.running.stop()
    guarded.running.environment["ADBANDIT_LINK_HOSTS"] = "other.example"
    guarded.running.catalog.unlink()
    guarded.running.start()
    found = guarded.running.pool.request("GET", guarded.running.url + click, redirect=False)
    assert (found.status, found.headers.get("Location")) == (404, None)


def test_another_address_is_refused_without_a_key(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "service.cli", "up", "--data", str(tmp_path / "data"), "--host", "0.0.0.0"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, "adbandit keys add --role admin" in done.stderr) == (2, True)


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Host": "evil.example"},
        {"Host": "127.0.0.1.evil.example:8080"},
    ],
)
def test_without_keys_no_other_site_s_page_gets_at_the_shop(service: Running, headers: Json) -> None:
    for method, path in (
        ("POST", "/v1/catalog"),
        ("GET", "/v1/catalog"),
        ("POST", "/v1/decisions"),
        ("GET", "/metrics"),
    ):
        answer = service.pool.request(method, service.url + path, headers=headers, body=b"{}")
        assert answer.status == 403, (method, path)
