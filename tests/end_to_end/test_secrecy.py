"""What must not leak does not: keys, secrets and user keys are looked for wherever a service writes or answers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from service.cli import app
from tests.catalogs import CATALOG
from tests.running import Running, eventually

USER, TYPED, VALUE = "marker-of-a-user", "marker-typed-wrong", "marker-in-a-value"
PATHS = [
    "/v1/decisions",
    "/v1/decisions:batch",
    "/v1/events",
    "/v1/rewards",
    "/v1/catalog",
    "/v1/templates/t",
    "/v1/policies/p",
    "/v1/campaigns/c",
    "/v1/placements/q",
    "/v1/policies/home/report",
    "/v1/t/c/x.y",
    "/v1/nothing",
    "/livez",
    "/readyz",
]


def bodies(decision: str, secrets: list[str]) -> list[bytes]:
    """Sound and broken ones, with a marker wherever one fits."""
    plain: list[Any] = [
        {"policy": "home", "user": {"key": USER}, "context": {"x": VALUE}},
        {"policy": "home", "user": {"key": USER * 99}},
        {"policy": "home", "user": {"key": [USER]}},
        {"policy": "home", "user": {"key": USER, "consent": {"personalize": USER}}},
        {"policy": "home", "user": USER},
        {"policy": USER, "user": {"key": USER}},
        {"policy": f"{USER} ", "request_id": USER * 9, "user": {"key": USER}},
        {"policy": "home", "context": {"x": VALUE * 99}, "user": {"key": USER}},
        {"policy": "home", "context": {"x": {"y": {"z": VALUE}}}, "user": {"key": USER}},
        {
            "policy": "home",
            "user": {"key": USER},
            "candidates": [{"template": "t", "creative": {"link": f"//{VALUE}"}}],
        },
        {
            "policy": "home",
            "user": {"key": USER},
            "candidates": [{"template": "t", "creative": {"link": f"https://{VALUE}@x"}}],
        },
        {"policy": "home", "baseline": USER, "options": USER, "templates": USER, "count": USER},
        {"requests": [{"policy": "home", "user": {"key": USER, "age": 7}}, USER, {"user": {"key": 7}}]},
        {"events": [{"id": "e", "type": "click", "decision_id": decision, "value": VALUE}]},
        {
            "events": [
                {"id": "e", "type": VALUE, "decision_id": VALUE},
                VALUE,
                {"id": "f", "type": "click", "decision_id": VALUE},
            ]
        },
        {"decision_id": VALUE, "slot": 0, "value": 1, "event_id": VALUE},
        {"decision_id": decision, "slot": 0, "value": VALUE, "event_id": VALUE},
        *({"policy": "home", "user": {"key": USER}, "request_id": secret, "policy_": secret} for secret in secrets),
        {"creative": {"link": VALUE, "title": VALUE}},
        {"creative": {"html": f"<script>{VALUE}</script>"}},
        [USER],
        USER,
    ]
    sound = [json.dumps(one).encode() for one in plain]
    return [*sound, *(one[:-1] for one in sound), f"{USER}".encode(), USER.encode() + b"\xff", b""]


@pytest.fixture(scope="module")
def leaks(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """All that a service wrote and answered while it was sent markers everywhere."""
    data, secret, signing = tmp_path_factory.mktemp("secrecy") / "data", "ab12" * 16, "cd34" * 16

    def adbandit(*words: str) -> str:
        return CliRunner().invoke(app, [*words, "--data", str(data)], catch_exceptions=False).stdout.strip()

    keys = [adbandit("keys", "add", "--role", role) for role in ("admin", "decide", "report")]
    variables = {"SECRET": secret, "SIGNING_SECRETS": signing, "LOG_LEVEL": "debug", "ARCHIVE_S": "0.2"}
    running = Running(data, CATALOG, **{f"ADBANDIT_{name}": value for name, value in variables.items()})
    try:
        revoked = adbandit("keys", "add", "--role", "admin")
        adbandit("keys", "revoke", revoked)
        answers: list[bytes] = []

        def ask(method: str, path: str, body: bytes | None, key: str, **headers: str) -> Any:
            given = {"Authorization": f"Bearer {key}", **headers}
            answer = running.pool.request(method, running.url + path, body=body, headers=given, redirect=False)
            answers.append(answer.data + str(dict(answer.headers)).encode())
            return answer

        first = ask("POST", "/v1/decisions", bodies("", [])[0], keys[0]).json()
        for path in PATHS:
            method = "PUT" if path.count("/") == 3 and "/t/" not in path else "POST"
            for body in bodies(first["decision_id"], [*keys, secret, signing]):
                ask(method, path, body, keys[0])
            for key in [*keys, revoked, secret, f"adb_{TYPED}_x"]:
                ask("POST", f"{path}?key={key}", b"[]", key)
                ask("GET", f"{path}?key={key}", None, key)
                running.pool.request("POST", f"{running.url}{path}?key={key}", body=b"[]")
                running.pool.request(
                    "GET", f"{running.url}{path}/{USER}/{key}", headers={"Authorization": f"Bearer {keys[0]}"}
                )
        for headers in ({"If-Match": VALUE}, {"Content-Type": VALUE}, {"Cookie": VALUE}, {"User-Agent": VALUE}):
            ask("PUT", "/v1/templates/t", b"{}", keys[0], **headers)
        metrics = ask("GET", "/metrics", None, keys[0]).data
        eventually(lambda: list(data.glob("archive/**/outcomes-*.parquet")), 30.0)
    finally:
        running.stop()
    files = {path: path.read_bytes() for path in data.rglob("*") if path.is_file()}
    return {
        "secrets": [key.split("_", 2)[2] for key in [*keys, revoked]] + [secret, signing],
        "log": running.log.read_bytes(),
        "metrics": metrics,
        "answers": b"\n".join(answers),
        "files": files,
    }


@pytest.mark.parametrize("where", ["log", "metrics", "answers"])
def test_no_key_or_secret_is_told_anywhere(leaks: dict[str, Any], where: str) -> None:
    assert len(leaks[where]) > 300
    assert [secret for secret in leaks["secrets"] if secret.encode() in leaks[where]] == []


@pytest.mark.parametrize("where", ["log", "metrics"])
def test_no_user_or_value_is_logged_or_counted(leaks: dict[str, Any], where: str) -> None:
    found = [marker for marker in (USER, TYPED, VALUE) if marker.encode() in leaks[where]]
    assert found == []


def test_no_error_repeats_a_user_s_key(leaks: dict[str, Any]) -> None:
    assert [answer for answer in leaks["answers"].split(b"\n") if USER.encode() in answer] == []


def test_no_file_holds_a_user_s_key_or_an_api_key(leaks: dict[str, Any]) -> None:
    keys = [USER.encode(), *(secret.encode() for secret in leaks["secrets"][:4])]
    assert any(path.suffix == ".parquet" for path in leaks["files"])
    assert [(path, key) for path, content in leaks["files"].items() for key in keys if key in content] == []


def test_no_file_holds_the_secrets_of_the_environment(leaks: dict[str, Any]) -> None:
    for secret in leaks["secrets"][4:]:
        forms = (secret.encode(), bytes.fromhex(secret))
        assert not [path for path, content in leaks["files"].items() if any(form in content for form in forms)]


def test_what_others_may_not_read_they_cannot(leaks: dict[str, Any]) -> None:
    for path in leaks["files"]:
        folder: Path = next(one for one in path.parents if one.name == "data")
        assert folder.stat().st_mode & 0o077 == 0
