"""A dsjson log tells what the archive tells that it was exported from."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from bandit.dsjson.write import Writer
from bandit.errors import BadInput
from simulations.logs.archive import open_archive
from simulations.logs.dsjson import open_dsjson
from tests.archives import DECIDED, written
from tests.entries import LEARNING, SHELF


def lines() -> list[bytes]:
    writer = Writer(LEARNING)
    return [line for outcome in DECIDED for line in writer.lines(outcome, SHELF)]


def exported(folder: Path, some: list[bytes], name: str = "log.dsjson") -> Path:
    (folder / name).write_bytes(b"\n".join(some) + b"\n")
    return folder / name


def test_an_export_tells_what_the_archive_tells(tmp_path: Path) -> None:
    log, archive = open_dsjson([exported(tmp_path, lines())]), open_archive(written(tmp_path), "home")
    ours, theirs = ([batch.logged for batch in each.batches(features=True)] for each in (log, archive))
    assert log.actions == archive.actions
    for name in ("action", "served", "propensity", "reward", "slot", "decision", "user", "shared"):
        one, other = (np.concatenate([getattr(part, name) for part in parts]) for parts in (ours, theirs))
        assert one.tolist() == other.tolist(), name


def test_files_follow_one_another(tmp_path: Path) -> None:
    some = lines()
    files = [exported(tmp_path, some[:40], "a.dsjson"), exported(tmp_path, some[40:], "b.dsjson")]
    assert open_dsjson(files).rounds == len(some)
    with pytest.raises(BadInput, match=r"a.dsjson line 1 #/Timestamp: lines stand in the order they were logged"):
        open_dsjson(files[::-1])


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"p": [0.25, 0.25, 0.25, 0.5]}, "#/p"),
        ({"p": [0.0, 0.5, 0.25, 0.25]}, "#/p/0"),
        ({"_label_probability": 0.0}, "#/_label_probability"),
        ({"a": [9, 1, 2, 3]}, "#/a"),
        ({"_label_cost": "cheap"}, "#/_label_cost"),
    ],
)
def test_a_line_that_is_wrong_is_named(change: dict[str, object], place: str, tmp_path: Path) -> None:
    some = lines()
    some[6] = json.dumps(json.loads(some[6]) | change).encode()
    with pytest.raises(BadInput) as refused:
        open_dsjson([exported(tmp_path, some)])
    assert refused.value.pointer == f"{tmp_path}/log.dsjson line 7 {place}"


def test_the_scratch_folder_goes_with_the_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    log = open_dsjson([exported(tmp_path, lines())])
    assert list(tmp_path.glob("adbandit-*/*.parquet"))
    del log
    assert not list(tmp_path.glob("adbandit-*"))
