"""A file of any size comes in whole, part by part."""

from pathlib import Path

import pytest

from bandit.archive.files import read_imported
from bandit.dsjson.write import Writer
from bandit.errors import BadInput
from bandit.records import Outcome
from service.archive import importing
from tests.entries import LEARNING, SHELF, START_S, decision


def _file(folder: Path, n: int) -> Path:
    file = folder / "log.dsjson"
    made = [decision(number, START_S + number, hour=number % 24) for number in range(1, n + 1)]
    lines = (next(Writer(LEARNING).lines(Outcome(f"{m.time * 1000:.0f}-0", m, (), (0.0,)), SHELF)) for m in made)
    file.write_bytes(b"".join(line + b"\n" for line in lines))
    return file


@pytest.mark.parametrize(("batch", "part"), [(700, 2_000), (2_000, 700)])
def test_parts_come_back_in_the_order_of_the_file(
    batch: int, part: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "BATCH", batch)
    monkeypatch.setattr(importing, "PART", part)
    file, told = _file(tmp_path, 30), []
    report = importing.import_dsjson(file, tmp_path / "archive", "home", told.append)
    assert len(list(Path(report.folder).glob("*.parquet"))) > 5
    assert read_imported(tmp_path / "archive", "home")["decision"].to_list() == [f"{n:032x}" for n in range(1, 31)]
    assert sum(told) == file.stat().st_size


def test_a_line_without_end_is_refused_before_it_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "LONGEST", 100)
    with pytest.raises(BadInput, match="line 1: a line is at most 100 bytes"):
        importing.import_dsjson(_file(tmp_path, 1), tmp_path / "archive", "home", len)
