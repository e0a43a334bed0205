"""Folders in memory: empty at each start, gone at the end, and no trap for whoever finds the name taken."""

from __future__ import annotations

from pathlib import Path

import pytest

from service import memory


def test_a_folder_made_again_is_empty_and_a_removed_one_leaves_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "metrics"
    memory.make_folder(folder)
    (folder / "counter.db").write_bytes(b"1")
    behind = folder.resolve()
    memory.make_folder(folder)
    assert list(folder.iterdir()) == []
    memory.remove_folder(folder)
    assert not folder.is_symlink()
    assert not behind.exists()


def test_without_memory_to_spare_it_is_on_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "MEMORY", tmp_path / "nowhere")
    memory.make_folder(tmp_path / "metrics")
    assert (tmp_path / "metrics").is_dir()
    assert not (tmp_path / "metrics").is_symlink()


def test_a_name_that_somebody_else_has_taken_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "MEMORY", tmp_path)
    taken = memory._behind(tmp_path / "metrics")
    taken.symlink_to(tmp_path / "elsewhere")
    memory.make_folder(tmp_path / "metrics")
    assert not (tmp_path / "metrics").is_symlink()
    assert taken.is_symlink()
