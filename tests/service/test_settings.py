"""What an installation is told: options over variables over defaults, and one secret for ever."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bandit.errors import BadInput
from service.settings import PREFIX, Settings, default_data, for_children, given_secrets, read, secret
from tests.entries import laws

printable = st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=20)
several = st.builds(
    Settings,
    data=printable.map(lambda name: Path("/d") / name.replace("/", "_")),
    redis_url=st.sampled_from(["", "redis://:p%40@h/1", "rediss+cluster://a,b:1", "redis+sentinel://a/shop"]),
    redis_wait=st.integers(0, 5),
    host=st.sampled_from(["127.0.0.1", "::1", "localhost"]),
    port=st.integers(0, 65535),
    workers=st.integers(1, 64),
    secret=st.binary(max_size=40).map(bytes.hex),
    signing_secrets=st.binary(max_size=40).map(bytes.hex),
    link_hosts=st.sampled_from(["", "shop.example", "shop.example,*.cdn.example"]),
    keep_log=st.booleans(),
    archive_s=st.floats(0.1, 3600),
    commit_s=st.floats(0.01, 60),
    log_level=st.sampled_from(["debug", "info", "warning", "error"]),
)


@laws(60)
@given(several)
def test_a_child_reads_from_its_environment_what_its_parent_was_told(settings: Settings) -> None:
    assert read({}, for_children(settings, Path("/metrics"))) == settings


@laws(100)
@given(st.integers(0, 65535), st.integers(0, 65535))
def test_an_option_wins_over_a_variable_and_a_variable_over_the_default(option: int, variable: int) -> None:
    environment = {"ADBANDIT_DATA": "d", "ADBANDIT_PORT": str(variable)}
    assert read({"port": option}, environment).port == option
    assert read({"port": None}, environment).port == variable
    assert read({}, {"ADBANDIT_DATA": "d"}).port == 0


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("port", "65536"), ("port", "-1"), ("port", "http"), ("port", ""), ("workers", "0"), ("workers", "1.5"),
        ("commit_s", "nan"), ("commit_s", "0"), ("archive_s", "inf"), ("keep_log", "maybe"), ("link_hosts", "https://a.example"),
        ("redis_url", "localhost:6379"),
    ],
)  # fmt: skip
def test_a_setting_out_of_bounds_is_refused_by_name(name: str, value: str) -> None:
    with pytest.raises(BadInput, match=name):
        read({}, {"ADBANDIT_DATA": "d", PREFIX + name.upper(): value})


def test_data_goes_to_the_user_s_data_folder() -> None:
    assert default_data({"XDG_DATA_HOME": "/x"}) == Path("/x/adbandit")
    assert read({}, {}).data == Path.home() / ".local" / "share" / "adbandit"


def test_a_secret_is_made_once_and_only_its_owner_may_read_it(tmp_path: Path) -> None:
    first = secret(Settings(data=tmp_path))
    assert secret(Settings(data=tmp_path)) == first
    assert len(first) == 32
    assert [stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()] == [0o600]


def test_two_folders_have_two_secrets(tmp_path: Path) -> None:
    folders = [tmp_path / "a", tmp_path / "b"]
    for folder in folders:
        folder.mkdir()
    assert secret(Settings(data=folders[0])) != secret(Settings(data=folders[1]))


def test_processes_that_start_together_agree_on_the_secret(tmp_path: Path) -> None:
    line = f"import pathlib; from service.settings import *; d = pathlib.Path({str(tmp_path)!r})"
    line += "; print(secret(Settings(data=d)).hex())"
    started = [subprocess.Popen([sys.executable, "-c", line], stdout=subprocess.PIPE, text=True) for _ in range(4)]
    assert len({process.communicate()[0] for process in started}) == 1


@pytest.mark.parametrize("kept", [b"", b"s" * 31])
def test_a_secret_file_cut_short_is_refused_and_not_signed_with(tmp_path: Path, kept: bytes) -> None:
    (tmp_path / "secret.key").write_bytes(kept)
    with pytest.raises(BadInput, match=r"secret\.key"):
        secret(Settings(data=tmp_path))


def test_a_secret_that_cannot_be_written_whole_leaves_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_chance(count: int) -> bytes:
        raise OSError("killed here")

    with monkeypatch.context() as patched:
        patched.setattr(os, "urandom", no_chance)
        with pytest.raises(OSError, match="killed here"):
            secret(Settings(data=tmp_path))
    assert len(secret(Settings(data=tmp_path))) == 32


@pytest.mark.parametrize("given_hex", ["ab" * 31, "xy" * 32, "ab" * 31 + "a"])
def test_a_given_secret_is_32_bytes_in_hex_or_refused(tmp_path: Path, given_hex: str) -> None:
    with pytest.raises(BadInput, match="64 or more hex digits"):
        secret(Settings(data=tmp_path, secret=given_hex))


def test_a_given_secret_is_taken_and_nothing_is_written(tmp_path: Path) -> None:
    assert secret(Settings(data=tmp_path, secret="ab" * 32)) == b"\xab" * 32
    assert list(tmp_path.iterdir()) == []


def test_signing_secrets_of_the_environment_win_over_the_secret(tmp_path: Path) -> None:
    assert given_secrets(Settings(data=tmp_path)) == ()
    assert given_secrets(Settings(data=tmp_path, secret="ab" * 32)) == (b"\xab" * 32,)
    both = Settings(data=tmp_path, secret="ab" * 32, signing_secrets="cd" * 32 + ", " + "ab" * 32)
    assert given_secrets(both) == (b"\xcd" * 32, b"\xab" * 32)


@pytest.mark.parametrize("given_hex", ["cd" * 31, "cd" * 32 + ",", ",", "xy" * 32])
def test_signing_secrets_are_32_bytes_in_hex_each(tmp_path: Path, given_hex: str) -> None:
    with pytest.raises(BadInput, match="ADBANDIT_SIGNING_SECRETS"):
        given_secrets(Settings(data=tmp_path, signing_secrets=given_hex))
