"""API keys: found by their whole text only, kept as digests, and no damage to the file lets anybody in."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bandit.errors import BadInput
from service.access.keys import NAME, Key, Role, change, find, make, read
from tests.entries import laws

TEXT, KEY = make("admin", created_at="2026-11-23T00:00:00+00:00")
OTHER_TEXT, OTHER = make("decide", created_at="2026-11-23T00:00:00+00:00")
KEYS = {KEY.id: KEY, OTHER.id: OTHER}


def kept(folder: Path, role: Role = "decide") -> str:
    text, key = make(role, created_at="2026-11-23T00:00:00+00:00")
    change(folder, lambda others: others | {key.id: key})
    return text


def test_a_key_is_found_and_is_who_it_is() -> None:
    assert (find(TEXT, KEYS), find(OTHER_TEXT, KEYS)) == (KEY, OTHER)


@laws(300)
@given(st.text() | st.text("adb_0f", max_size=80), st.integers(0, len(TEXT) - 1), st.integers(0, 1))
def test_no_other_text_is_a_key(put: str, at: int, gone: int) -> None:
    for text in (put, TEXT[:at] + put + TEXT[at + gone :], TEXT + put, put + TEXT):
        assert text in (TEXT, OTHER_TEXT) or find(text, KEYS) is None


@pytest.mark.parametrize(
    "text", ["", "_", "__", "adb__", f"adb_{KEY.id}_", f"adb_{KEY.id}_{KEY.hash}", KEY.id, KEY.hash, "\ud800_\ud800_",
             f"adb_{OTHER.id}_{TEXT.split('_', 2)[2]}", TEXT.upper(), TEXT + " ", "adb_" + "0" * 10_000 + "_x"],
)  # fmt: skip
def test_neither_id_nor_digest_nor_another_s_secret_lets_in(text: str) -> None:
    assert find(text, KEYS) is None


def test_the_file_holds_no_key_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    text = kept(tmp_path)
    for path in tmp_path.iterdir():
        assert text.split("_", 2)[2].encode() not in path.read_bytes()
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_two_keys_are_never_alike() -> None:
    assert len({make("decide", created_at="")[0] for _ in range(100)}) == 100
    assert len(TEXT.split("_", 2)[2]) == 43  # 256 bits in base 64


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b"{}", b'{"keys":[{}]}', b'{"keys":null}', b"\xff", b"\0" * 99, b"[" * 99_999]
)
def test_a_damaged_file_is_an_error_and_not_an_empty_one(tmp_path: Path, content: bytes) -> None:
    (tmp_path / NAME).write_bytes(content)
    with pytest.raises(BadInput, match=r"keys\.json"):
        read(tmp_path)
    with pytest.raises(BadInput, match=r"keys\.json"):
        kept(tmp_path)
    assert (tmp_path / NAME).read_bytes() == content


def test_a_key_of_an_unknown_role_is_an_error(tmp_path: Path) -> None:
    kept(tmp_path)
    file = tmp_path / NAME
    file.write_text(file.read_text().replace("decide", "root"))
    with pytest.raises(BadInput):
        read(tmp_path)


def test_the_last_key_revoked_leaves_a_file_without_keys(tmp_path: Path) -> None:
    assert read(tmp_path) is None
    kept(tmp_path)
    change(tmp_path, lambda _: {})
    assert read(tmp_path) == {}


def test_keys_made_at_once_are_all_kept(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        texts = list(pool.map(lambda _: kept(tmp_path), range(24)))
    found = read(tmp_path) or {}
    assert all(find(text, found) for text in texts)


def test_a_change_that_fails_changes_nothing(tmp_path: Path) -> None:
    kept(tmp_path)

    def fails(others: dict[str, Key]) -> dict[str, Key]:
        raise BadInput("#/key", "unknown", "no")

    with pytest.raises(BadInput):
        change(tmp_path, fails)
    assert len(read(tmp_path) or {}) == 1


@pytest.mark.parametrize("rate", [0.0, -1.0, float("nan"), float("inf")])
def test_a_rate_that_is_none_is_refused(rate: float) -> None:
    with pytest.raises(BadInput):
        make("decide", created_at="", rate=rate)
