"""Files are told apart by what is in them; what is neither is refused by name."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from bandit.errors import BadInput
from simulations.evaluation.evaluated import Evaluated, flat
from simulations.report.contributions import Contributions
from simulations.report.inputs import read_parts
from simulations.running.results import Results
from tests.simulations.report.made_up import evaluated, explained, simulated


def written(folder: Path) -> list[Path]:
    simulated(("a",)).write(folder / "a.parquet")
    simulated(("b",)).write(folder / "b.table")
    (folder / "evaluated").write_bytes(msgspec.json.encode(flat(evaluated())))
    (folder / "features.json").write_bytes(msgspec.json.encode(explained()))
    return sorted(folder.iterdir())


def test_simulations_are_one_table_and_the_rest_is_as_it_was_written(tmp_path: Path) -> None:
    together, *others = read_parts(written(tmp_path))
    assert isinstance(together, Results)
    assert together.table["environment"].unique().sort().to_list() == ["a", "b"]
    assert others == [evaluated(), explained()]
    assert [type(other) for other in others] == [Evaluated, Contributions]


def test_a_run_that_is_there_twice_is_refused(tmp_path: Path) -> None:
    simulated().write(tmp_path / "a.parquet")
    with pytest.raises(BadInput, match="engine in shop with seed 1 is there twice"):
        read_parts([tmp_path / "a.parquet"] * 2)


@pytest.mark.parametrize(
    "content", [b"", b"{", b"\xff\xfe", b"[1]", b'{"a": 1}', b'{"verdict": 1}', b'{"contributions": 1}']
)
def test_anything_else_is_refused_by_name(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "odd").write_bytes(content)
    with pytest.raises(BadInput, match=r"/odd"):
        read_parts([tmp_path / "odd"])


def test_a_file_that_is_not_there_or_damaged_is_refused(tmp_path: Path) -> None:
    (tmp_path / "half").write_bytes(b"PAR1" + b"\0" * 100)
    for name in ("nowhere", "half", "."):
        with pytest.raises(BadInput, match="#/path"):
            read_parts([tmp_path / name])
