"""Activity over HTTP, in all its forms, ends once each in the one log, under one user."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bandit.profiles.activity import LOG, Activity, ActivityEntry, Joined
from bandit.profiles.codec import decode
from service.store.commands import START, Store
from tests.running import Running, eventually
from tests.service.activity.messages import message

PATH = "/v1/activity"
Json = dict[str, Any]


def log(service: Running) -> list[ActivityEntry]:
    store = Store(f"unix://{service.data}/valkey/valkey.sock")
    try:
        return [decode(entry.stored) for entry in store.log(LOG, START, count=9_999)]
    finally:
        store.close()


def test_what_is_told_on_every_channel_and_by_every_system_ends_in_the_log_of_activity_once(service: Running) -> None:
    both = {"key": "u-x", "anonymous_key": "d-x"}
    native = {"activities": [message(id="x-1", user=both), message(id="x-2", user={"key": "u-x"}, channel="app")]}
    track = {"event": "Product Viewed", "messageId": "x-3", "userId": "u-x", "properties": {"product_id": "p"}}
    view = {"user_id": "u-x", "client_id": "d-x", "events": [{"name": "view_item", "params": {}}]}
    sale = {"kind": "sale", "no": "x-5", "card": "u-x", "ean": "p"}
    for _ in range(2):
        for path, body in (
            (PATH, native),
            (f"{PATH}/segment", track),
            (f"{PATH}/ga4", view),
            (f"{PATH}/custom/pos", sale),
        ):
            assert service.call("POST", path, body)[0] == 202
    entries = eventually(lambda: found if len(found := log(service)) >= 6 else None)
    did = [entry for entry in entries if isinstance(entry, Activity)]
    (join,) = (entry for entry in entries if isinstance(entry, Joined))
    assert [entry.channel for entry in did] == ["web", "app", "web", "web", "store"]
    assert {entry.user for entry in did} == {join.user}


def test_both_names_of_a_user_soon_have_the_one_profile_of_all_channels(service: Running) -> None:
    both = {"key": "u-y", "anonymous_key": "d-y"}
    before, at_login, after = (
        message(id=f"y-{i}", category="shoes", user=user, channel=channel)
        for i, (user, channel) in enumerate(
            [({"anonymous_key": "d-y"}, "web"), (both, "app"), ({"anonymous_key": "d-y"}, "mini_program")]
        )
    )
    for one in (before, at_login, after):
        assert service.call("POST", PATH, {"activities": [one]})[1]["accepted"] == 1
    known = [eventually(lambda key=key: _known(service, key, views=3)) for key in ("u-y", "d-y")]
    assert [found["channels"].keys() for found in known] == [{"web", "app", "mini_program"}] * 2
    assert known[0]["features"]["~likes"] == ["shoes"]


def _known(service: Running, key: str, views: int) -> Json | None:
    status, found = service.call("GET", f"/v1/users/{key}")
    return found if status == 200 and found["counts"].get("view") == views else None


def test_lines_are_taken_one_by_one_and_a_bad_one_is_named(service: Running) -> None:
    lines = [json.dumps(message(id=f"l-{i}")) for i in range(1_000)]
    lines[3:3] = ["{", "", '{"id":"l-x","type":"view"}']
    status, answer = service.call("POST", PATH, "\n".join(lines).encode(), Content_Type="application/x-ndjson")
    assert (status, answer["accepted"], [one["index"] for one in answer["rejected"]]) == (202, 1_000, [3, 5])


def test_a_beacon_is_taken_as_text(service: Running) -> None:
    body = json.dumps({"activities": [message(id="b-1")]}).encode()
    assert service.call("POST", PATH, body, Content_Type="text/plain;charset=UTF-8")[1]["accepted"] == 1


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        (PATH, b"{", 400),
        (PATH, b"[" * 50_000, 422),
        (PATH, b"{}", 422),
        (PATH, b'{"activities":[]}', 422),
        (PATH, json.dumps({"activities": [message()] * 501}).encode(), 422),
        (PATH, json.dumps({"activities": [message(price={"value": -1, "currency": "EUR"})]}).encode(), 422),
        (PATH, b'{"activities":[{"id":"\\ud800"}]}', 400),
        (PATH, b" " * 10_000_000, 413),
        (f"{PATH}/segment", b"[" * 50_000, 400),
        (f"{PATH}/segment", b'{"batch":7}', 422),
        (f"{PATH}/segment", b'{"event":"\\ud800"}', 400),
        (f"{PATH}/ga4", b'{"events":NaN}', 400),
        (f"{PATH}/ga4", b"[]", 422),
        (f"{PATH}/custom/none", b"{}", 404),
    ],
)
def test_what_is_no_activity_at_all_is_a_problem(service: Running, path: str, body: bytes, status: int) -> None:
    got, problem = service.call("POST", path, body)
    assert (got, problem["status"]) == (status, status), problem


@pytest.mark.parametrize(
    ("media", "lines"), [("application/x-ndjson", 5_001), ("application/x-ndjson", 0), ("text/csv", 1)]
)
def test_too_many_lines_and_other_media_are_refused(service: Running, media: str, lines: int) -> None:
    status, _ = service.call("POST", PATH, b'{"id":"n"}\n' * lines, Content_Type=media)
    assert status == (415 if media == "text/csv" else 422)


def test_a_page_of_another_site_tells_of_nobody_where_there_are_no_keys(service: Running) -> None:
    body = json.dumps({"activities": [message(id="f-1")]}).encode()
    assert service.call("POST", PATH, body, Content_Type="text/plain", Sec_Fetch_Site="cross-site")[0] == 403


def test_other_systems_take_lines_of_no_kind(service: Running) -> None:
    assert service.call("POST", f"{PATH}/segment", b"{}", Content_Type="application/x-ndjson")[0] == 415
