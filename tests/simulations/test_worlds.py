from __future__ import annotations

from pathlib import Path

import pytest

from bandit.errors import BadInput
from simulations.environments.table import Table
from simulations.worlds import BAKE_OFF, PASSES_END, WORLDS, UnknownName, described, find, rounds_in, world

NOWHERE = Path("/nowhere")


@pytest.fixture
def table(tmp_path: Path) -> str:
    path = tmp_path / "three rows.csv"
    path.write_text("x,reward:a,reward:b\n1,0,1\n2,1,0\n3,1,1\n")
    return f"table:{path}"


def test_every_world_is_described_in_one_line() -> None:
    assert [name for name, _ in described()][: len(WORLDS)] == list(WORLDS)
    assert all(0 < len(about) < 100 and "\n" not in about for _, about in described())


def test_those_of_the_bake_off_are_worlds() -> None:
    assert set(BAKE_OFF) <= set(WORLDS)


def test_a_table_is_a_world_of_one_pass(table: str) -> None:
    assert isinstance(world(table, 1, NOWHERE), Table)
    assert rounds_in(table, 500, NOWHERE) == 3


def test_a_table_that_changes_is_read_again(table: str) -> None:
    before = rounds_in(table, 500, NOWHERE)
    with Path(table.removeprefix("table:")).open("a") as file:
        file.write("4,0,0\n")
    assert (before, rounds_in(table, 500, NOWHERE)) == (3, 4)


def test_a_world_without_end_has_the_rounds_asked_for() -> None:
    assert rounds_in("shop-fatigue", 10 * PASSES_END, NOWHERE) == 10 * PASSES_END


def test_sizes_may_stand_in_a_name() -> None:
    visit = world("linear-7x3", 1, NOWHERE).round(0)
    assert (len(visit.candidates), len(visit.request["context"])) == (7, 3)


@pytest.mark.parametrize("name", ["moon", "table:", "table", "linear-0x3", "linear-7", "shop:x", "shop-1PCT"])
def test_an_unknown_name_is_refused_with_what_there_is(name: str) -> None:
    with pytest.raises(UnknownName, match=r"shop-growing.*table:FILE"):
        find(name)


def test_a_table_that_is_not_there_is_bad_input() -> None:
    with pytest.raises(BadInput, match="no file"):
        world("table:/nowhere/none.csv", 1, NOWHERE)


def test_a_folder_that_is_no_open_bandit_dataset_is_bad_input(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="random"):
        world(f"obd-random-all:{tmp_path}", 1, NOWHERE)


def test_every_world_is_in_the_docs() -> None:
    page = (Path(__file__).parents[2] / "docs" / "worlds.md").read_text()
    assert [name for name, _ in described() if f"`{name}`" not in page] == []


def test_the_table_of_the_docs_is_one(tmp_path: Path) -> None:
    page = (Path(__file__).parents[2] / "docs" / "worlds.md").read_text()
    (tmp_path / "docs.csv").write_text(page.split("```csv\n")[1].split("```")[0])
    assert rounds_in(f"table:{tmp_path / 'docs.csv'}", 500, NOWHERE) == 3
