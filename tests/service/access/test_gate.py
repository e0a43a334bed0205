"""Who may ask: nothing is open that is not meant to be, whatever becomes of the file of keys."""

from __future__ import annotations

import tempfile
from itertools import product
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bandit.errors import BadInput
from service.access.gate import Access, Limited, Refusal, is_loopback, is_open, may, may_listen
from service.access.keys import NAME, Key, Role, change, make
from tests.entries import laws

METHODS = ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "get", ""]
PATHS = [
    "/v1/decisions",
    "/v1/decisions:batch",
    "/v1/events",
    "/v1/rewards",
    "/v1/activity",
    "/v1/activity/segment",
    "/v1/catalog",
    "/v1/templates",
    "/v1/templates/t",
    "/v1/policies/p/report",
    "/v1/policies/p/rollback",
    "/metrics",
    "/readyz",
    "/livez",
    "/openapi.json",
    "/v1/t/c/x",
    "/",
    "",
    "/v1/users/u",
    "/v1/decisions/",
    "//v1/catalog",
    "/v1/t",
    "/V1/T/x",
    "/v1/new-route",
]
CHANGES = [(method, path) for method, path in product(METHODS, PATHS) if method not in ("GET", "HEAD")]


def key(folder: Path, role: Role, rate: float | None = None) -> str:
    text, kept = make(role, created_at="", rate=rate)
    change(folder, lambda others: others | {kept.id: kept})
    return text


def access(folder: Path, host: str = "127.0.0.1", workers: int = 1, at: list[float] | None = None) -> Access:
    clock = at or [0.0]
    return Access(folder, host, workers, lambda: clock[0])


@pytest.mark.parametrize(("method", "path"), CHANGES)
def test_a_reader_changes_nothing_and_a_decider_decides_and_tells(method: str, path: str) -> None:
    assert not may("report", method, path)
    told = ("/v1/events", "/v1/rewards", "/v1/activity", "/v1/activity/segment")
    own = ("/v1/decisions", "/v1/decisions:batch", *told)
    assert may("decide", method, path) == (method == "POST" and path in own)
    assert not is_open(method, path)


def test_a_decider_reads_nothing() -> None:
    assert not any(may("decide", method, path) for method, path in product(("GET", "HEAD"), PATHS))


def test_a_reader_does_not_read_what_was_not_meant_for_it() -> None:
    assert [path for path in PATHS if may("report", "GET", path)] == [
        "/v1/catalog",
        "/v1/templates",
        "/v1/templates/t",
        "/v1/policies/p/report",
        "/v1/policies/p/rollback",
        "/metrics",
    ]


def test_only_health_and_links_are_open() -> None:
    assert [path for path in PATHS if is_open("GET", path)] == ["/readyz", "/livez", "/openapi.json", "/v1/t/c/x"]


def test_without_keys_loopback_is_open_and_nothing_else(tmp_path: Path) -> None:
    assert access(tmp_path).admit(None, "PUT", "/v1/templates/t") is None
    for host in ("0.0.0.0", "::", "10.0.0.5", "", "shop.example", "127.0.0.1.evil.example"):
        assert access(tmp_path, host).admit(None, "GET", "/v1/catalog") is Refusal.UNKNOWN


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0"])
def test_the_last_key_revoked_opens_nothing_and_its_file_removed_neither(tmp_path: Path, host: str) -> None:
    text = key(tmp_path, "admin")
    door = access(tmp_path, host)
    assert isinstance(door.admit(text, "GET", "/v1/catalog"), Key)
    change(tmp_path, lambda _: {})
    door.look()
    assert [door.admit(sent, "GET", "/v1/catalog") for sent in (text, None)] == [Refusal.UNKNOWN] * 2
    (tmp_path / NAME).unlink()
    door.look()
    assert [door.admit(sent, "GET", "/v1/catalog") for sent in (text, None)] == [Refusal.UNKNOWN] * 2


def test_a_damaged_file_refuses_all_until_it_is_mended(tmp_path: Path) -> None:
    text = key(tmp_path, "admin")
    whole, door = (tmp_path / NAME).read_bytes(), access(tmp_path)
    (tmp_path / NAME).write_bytes(whole[:-9])
    for shut in (door, access(tmp_path)):  # one that runs, and one that starts
        shut.look()
        assert [shut.admit(sent, "GET", "/v1/catalog") for sent in (text, None)] == [Refusal.UNKNOWN] * 2
    (tmp_path / NAME).write_bytes(whole)
    door.look()
    assert isinstance(door.admit(text, "GET", "/v1/catalog"), Key)


def test_a_new_key_shuts_a_running_service_that_was_open(tmp_path: Path) -> None:
    door = access(tmp_path)
    text = key(tmp_path, "decide")
    door.look()
    assert door.admit(None, "POST", "/v1/decisions") is Refusal.UNKNOWN
    assert isinstance(door.admit(text, "POST", "/v1/decisions"), Key)
    assert door.admit(text, "GET", "/v1/catalog") is Refusal.ROLE


@pytest.mark.parametrize("role", ["report", "admin"])
def test_a_key_that_may_more_than_decide_is_refused_in_a_url(tmp_path: Path, role: Role) -> None:
    text = key(tmp_path, role)
    assert access(tmp_path).admit(text, "POST", "/v1/events", in_url=True) is Refusal.IN_URL


def test_health_is_told_whole_to_readers_only(tmp_path: Path) -> None:
    assert access(tmp_path).knows(None)
    texts = [key(tmp_path, role) for role in ("decide", "report", "admin")]
    assert [access(tmp_path).knows(text) for text in [None, "x", *texts]] == [False, False, False, True, True]


@laws(60)
@given(st.floats(0.01, 50), st.integers(1, 4), st.lists(st.floats(0, 3), max_size=60))
def test_a_key_is_never_used_more_often_than_its_rate_and_one_burst(
    rate: float, workers: int, gaps: list[float]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        at = [0.0]
        text = key(Path(folder), "decide", rate)
        door, used = access(Path(folder), workers=workers, at=at), 0
        for gap in gaps:
            at[0] += gap
            used += isinstance(door.admit(text, "POST", "/v1/events"), Key)
        assert used <= max(1.0, rate / workers) + at[0] * rate / workers + 1e-6


def test_who_waits_as_long_as_told_is_let_in(tmp_path: Path) -> None:
    at = [0.0]
    text = key(tmp_path, "decide", 0.3)
    door = access(tmp_path, at=at)
    door.admit(text, "POST", "/v1/events")
    told = door.admit(text, "POST", "/v1/events")
    assert told == Limited(4)
    at[0] += 4
    assert isinstance(door.admit(text, "POST", "/v1/events"), Key)


def test_a_look_gives_no_key_its_uses_back(tmp_path: Path) -> None:
    text = key(tmp_path, "decide", 1.0)
    door = access(tmp_path)
    door.admit(text, "POST", "/v1/events")
    key(tmp_path, "report", 2.0)
    door.look()
    assert isinstance(door.admit(text, "POST", "/v1/events"), Limited)


def test_wrong_keys_cost_no_memory(tmp_path: Path) -> None:
    key(tmp_path, "decide", 1.0)
    door = access(tmp_path)
    for i in range(1_000):
        door.admit(f"adb_{i:012x}_x", "POST", "/v1/events")
    assert len(door._buckets) == 1


@pytest.mark.parametrize(
    ("host", "loopback"),
    [
        ("127.0.0.1", True),
        ("127.1.2.3", True),
        ("::1", True),
        ("[::1]", True),
        ("localhost", True),
        ("0.0.0.0", False),
        ("::", False),
        ("localhost.evil.example", False),
        ("127.0.0.1.evil.example", False),
        ("", False),
        ("10.0.0.1", False),
    ],
)
def test_loopback_is_what_no_other_machine_reaches(host: str, loopback: bool) -> None:
    assert is_loopback(host) == loopback


def test_another_address_needs_an_admin_s_key(tmp_path: Path) -> None:
    may_listen("127.0.0.1", tmp_path)
    key(tmp_path, "report")
    with pytest.raises(BadInput, match="adbandit keys add --role admin"):
        may_listen("0.0.0.0", tmp_path)
    key(tmp_path, "admin")
    may_listen("0.0.0.0", tmp_path)
    (tmp_path / NAME).write_bytes(b"{")
    with pytest.raises(BadInput):
        may_listen("0.0.0.0", tmp_path)
