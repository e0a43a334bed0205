"""Whatever is sent, the answer is a clear problem document or a no-fill, and the model stays as it was."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.running import Json, Running

HOSTILE_NAMES = [
    "a b",
    "a|b",
    "a:b",
    "a\nb",
    "\u00e9",
    "|",
    ":",
    " ",
    "\u200b",
    "\U0001f600",
    "'",
    '"',
    "\\",
    "%s",
    "{x}",
]

BAD_DECISIONS: list[tuple[str, bytes, int, str]] = [
    ("not JSON", b"{", 400, "#"),
    ("empty body", b"", 400, "#"),
    ("scalar", b"1", 422, "#"),
    ("wrong type", b'{"policy":"home","count":"1"}', 422, "#/count"),
    ("out of bounds", b'{"policy":"home","count":21}', 422, "#/count"),
    ("unknown field", b'{"policy":"home","colour":"red"}', 422, "#"),
    ("NaN", b'{"policy":"home","context":{"x":NaN}}', 400, "#"),
    ("infinity", b'{"policy":"home","context":{"x":1e999}}', 422, "#"),
    ("1e308", b'{"policy":"home","context":{"x":1e308}}', 422, "#/context/x"),
    ("null feature", b'{"policy":"home","context":{"x":null}}', 422, "#/context"),
    ("deep", b'{"policy":"home","context":{"a":{"b":{"c":1}}}}', 422, "#/context"),
    ("very deep", b"[" * 50_000, 422, "#"),
    ("empty name", b'{"policy":"home","context":{"":1}}', 422, "#/context/"),
    ("VW's own name", b'{"policy":"home","context":{"_label":1}}', 422, "#/context/_label"),
    ("NUL", b'{"policy":"home","context":{"a\\u0000b":1}}', 422, "#/context"),
    ("lone surrogate", b'{"policy":"home","context":{"x":"\\ud800"}}', 400, "#"),
    ("invalid UTF-8", b'{"policy":"home","context":{"x":"\xff"}}', 400, "#"),
    ("long string", b'{"policy":"home","context":{"x":"' + b"y" * 257 + b'"}}', 422, "#/context/x"),
    ("policy with a brace", b'{"policy":"{home}"}', 422, "#/policy"),
    ("empty user key", b'{"policy":"home","user":{"key":""}}', 422, "#/user/key"),
    ("no candidates", b'{"policy":"home","candidates":[]}', 422, "#/candidates"),
    ("bad candidate", b'{"policy":"home","candidates":[{"template":"t","features":{"x":1e308}}]}', 422, "#/candi"),
    ("script", b'{"policy":"home","candidates":[{"template":"t","creative":{"link":"javascript:1"}}]}', 422, "#"),
]  # fmt: skip


@pytest.fixture
def unchanged(service: Running) -> Callable[[], Json]:
    """What no bad input may change."""

    def look() -> Json:
        report = service.report("home")
        return {name: report[name] for name in ("learned", "arms", "events", "set_aside")}

    return look


@pytest.mark.parametrize(("what", "body", "status", "pointer"), BAD_DECISIONS, ids=[bad[0] for bad in BAD_DECISIONS])
def test_a_bad_decision_request_gets_a_problem_that_names_the_place(
    service: Running, what: str, body: bytes, status: int, pointer: str
) -> None:
    got, problem = service.call("POST", "/v1/decisions", body)
    assert (got, problem["status"]) == (status, status), problem
    assert {"type", "title", "detail", "instance"} <= set(problem)
    assert status == 400 or problem["errors"][0]["pointer"].startswith(pointer), problem


def test_ten_thousand_features_are_refused(service: Running) -> None:
    context = {f"f{i}": 1 for i in range(5_000)}
    status, problem = service.call("POST", "/v1/decisions", {"policy": "home", "context": context})
    assert (status, problem["errors"][0]["code"]) == (422, "bound")


def test_a_body_of_a_megabyte_is_refused_unread(service: Running) -> None:
    # What is not read ends the connection, which no other test is to find closed.
    status, problem = service.call("POST", "/v1/decisions", b" " * 1_000_000, Connection="close")
    assert (status, problem["title"]) == (413, "Request Entity Too Large")


def test_another_media_type_is_refused(service: Running) -> None:
    assert service.call("POST", "/v1/decisions", b"a=1", Content_Type="application/x-www-form-urlencoded")[0] == 415


@pytest.mark.parametrize("name", HOSTILE_NAMES)
def test_names_that_vw_would_choke_on_are_just_names(service: Running, name: str) -> None:
    answer = service.decide(policy="home", context={name: name, "user": {name: 1.5}, "page": {name: True}})
    assert len(answer["ads"]) == 1


def test_an_unknown_policy_is_404(service: Running) -> None:
    status, problem = service.call("POST", "/v1/decisions", {"policy": "nowhere"})
    assert (status, problem["type"]) == (404, "urn:adbandit:problem:unknown-policy")


@pytest.mark.parametrize(
    ("request_", "excluded"),
    [
        ({"policy": "bare"}, {}),
        ({"policy": "home", "templates": ["old", "resting"]}, {"flight": 2, "status": 2}),
        ({"policy": "home", "templates": ["nothing"]}, {"unknown_template": 1}),
        ({"policy": "home", "placements": []}, {}),
    ],
)
def test_nothing_eligible_is_a_no_fill(service: Running, request_: Json, excluded: Json) -> None:
    answer = service.decide(**request_)
    assert (answer["ads"], answer["no_fill"]["excluded"]) == ([], excluded)


def _click(decision_id: Any, **more: Any) -> Json:
    return {"id": "e", "type": "click", "decision_id": decision_id, **more}


@pytest.mark.parametrize(
    ("event", "status"),
    [
        (_click("home.AAAA.BBBB"), 404),
        (_click("x"), 404),
        (_click("\u00e9.\u00e9.\u00e9"), 404),
        (_click("."), 404),
        (_click(""), 422),
        (_click(7), 422),
        ({"type": "click"}, 422),
        (_click("home.AAAA.BBBB", colour="red"), 422),
        (_click("home.AAAA.BBBB", occurred_at="yesterday"), 422),
    ],
)
def test_an_event_that_cannot_be_taken_is_a_problem(
    service: Running, unchanged: Callable[[], Json], event: Json, status: int
) -> None:
    before = unchanged()
    assert service.call("POST", "/v1/events", {"events": [event]})[0] == status
    assert unchanged() == before


def test_an_id_of_another_installation_or_policy_is_unknown(service: Running) -> None:
    own = service.decide(policy="home")["decision_id"]
    for forged in (own.replace("home", "sure"), own[:-1] + ("A" if own[-1] != "A" else "B"), own.upper()):
        assert service.call("POST", "/v1/events", {"events": [_click(forged)]})[0] == 404


def test_a_bad_event_does_not_lose_the_good_ones(service: Running) -> None:
    own = service.decide(policy="home")["decision_id"]
    answer = service.tell(_click(own, slot=5), {**_click(own), "id": f"good-{own}"}, _click("forged"))
    assert (answer["accepted"], [fault["code"] for fault in answer["rejected"]]) == (
        1,
        ["bound", "unknown-decision"],
    )


def test_money_in_another_currency_is_refused(service: Running) -> None:
    own = service.decide(policy="home")["decision_id"]
    purchase = {**_click(own), "type": "purchase", "value": {"value": 1, "currency": "USD"}}
    status, problem = service.call("POST", "/v1/events", {"events": [purchase]})
    assert (status, "EUR" in problem["detail"]) == (422, True)


@pytest.mark.parametrize("instant", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59Z", "1970-01-01T00:00:00Z"])
def test_an_event_of_another_age_is_refused(service: Running, instant: str) -> None:
    own = service.decide(policy="home")["decision_id"]
    assert service.call("POST", "/v1/events", {"events": [_click(own, occurred_at=instant)]})[0] == 422


@pytest.mark.parametrize("path", ["/v1/t/c/x.y", "/v1/t/c/...", "/v1/t/q/x", "/v1/nothing", "/v1/t/i/" + "A" * 6000])
def test_a_forged_link_leads_nowhere(service: Running, path: str) -> None:
    status, problem = service.call("GET", path)
    assert (status, problem["status"]) == (404, 404)


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/v1/templates/a%20b", {}, 422),
        ("/v1/templates/t", {"campaign": "none"}, 422),
        ("/v1/templates/t", {"id": "u"}, 422),
        ("/v1/templates/t", {"features": {"x": 1e308}}, 422),
        ("/v1/templates/t", {"creative": {"link": "ftp://x"}}, 422),
        ("/v1/templates/t", [], 422),
        ("/v1/policies/p", {"learning": {"bits": 60}}, 422),
        ("/v1/policies/p", {"learning": {"interactions": ["XY"]}}, 422),
        ("/v1/policies/p", {"exploration": {"kind": "guess"}}, 422),
        ("/v1/policies/p", {"placements": ["none"]}, 422),
        ("/v1/widgets/w", {}, 404),
    ],
)
def test_a_bad_change_leaves_the_catalog_as_it_was(service: Running, path: str, body: Any, status: int) -> None:
    before = service.call("GET", "/v1/catalog")[1]
    got, problem = service.call("PUT", path, json.dumps(body).encode())
    assert (got, problem["status"]) == (status, status), problem
    assert service.call("GET", "/v1/catalog")[1] == before


def test_a_lost_update_is_refused(service: Running) -> None:
    assert service.call("PUT", "/v1/placements/rail", {}, If_Match='"0"')[0] == 412
    assert service.call("PUT", "/v1/placements/rail", {}, If_Match="soon")[0] == 422
