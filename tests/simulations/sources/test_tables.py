from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from bandit.errors import BadInput
from simulations.sources.tables import read

Written = Callable[[str], Path]


@pytest.fixture
def written(tmp_path: Path) -> Written:
    def write(text: str) -> Path:
        path = tmp_path / "table.csv"
        path.write_text(text)
        return path

    return write


def test_columns_of_rewards_are_actions_and_the_others_context(written: Written) -> None:
    table = read(written("age,reward:a,device,reward:b\n30,1,phone,0.5\n,0,,0\n"))
    assert table.actions == ("a", "b")
    assert table.reward.tolist() == [[1.0, 0.5], [0.0, 0.0]]
    assert table.context == {"age": [30, None], "device": ["phone", None]}


def test_an_empty_reward_is_an_action_the_row_has_not(written: Written) -> None:
    reward = read(written("reward:a,reward:b\n1,\n,0\n")).reward
    assert np.isnan(reward).tolist() == [[False, True], [True, False]]


def test_actions_may_be_named_instead(written: Written) -> None:
    table = read(written("x,a,b\n1,0,1\n"), actions=["a", "b"])
    assert (table.actions, table.context) == (("a", "b"), {"x": [1]})


def test_parquet_is_read_alike(tmp_path: Path) -> None:
    path = tmp_path / "table.parquet"
    pl.DataFrame({"code": ["1", "x"], "tags": [["new"], []], "reward:a": [True, False]}).write_parquet(path)
    table = read(path)
    assert table.reward.tolist() == [[1.0], [0.0]]
    assert table.context == {"code": ["1", "x"], "tags": [["new"], []]}


@pytest.mark.parametrize(
    ("text", "pointer"),
    [
        ("x,reward:a\n1,0\n2,nan\n", "#/rows/1/reward:a"),
        ("x,reward:a\n1,inf\n", "#/rows/0/reward:a"),
        ("x,reward:a\n1,1.5\n", "#/rows/0/reward:a"),
        ("x,reward:a\n1,-0.1\n", "#/rows/0/reward:a"),
        ("x,reward:a,reward:b\n1,0,1\n2,yes,1\n", "#/rows/1/reward:a"),
        ("x,reward:a,reward:b\n1,0,1\n2,,\n", "#/rows/1/reward:a"),
        ("x,reward:a\n1,0\n2,0\nabc,0\n", "#/rows/2/x"),
        ("x,reward:a\nred,0\n7,0\nblue,1\n", "#/rows/1/x"),
        ("x,reward:a\n1,0\ninf,0\n", "#/rows/1/x"),
        ("x,reward:a\n1,0\n1e9,0\n", "#/rows/1/x"),
        ("x,reward:a b\n1,0\n", "#/columns/reward:a b"),
        ("reward:a,x,reward:a\n1,0,1\n", "#/columns/reward:a"),
        ("x,y\n1,0\n", "#/columns"),
        ("x,reward:a\n", "#/rows"),
        ("", "#"),
    ],
)
def test_a_bad_table_is_refused_with_row_and_column(written: Written, text: str, pointer: str) -> None:
    with pytest.raises(BadInput) as refused:
        read(written(text))
    assert refused.value.pointer == pointer


def test_a_named_action_that_is_no_column_is_refused(written: Written) -> None:
    with pytest.raises(BadInput, match="no such column; there are x, a"):
        read(written("x,a\n1,0\n"), actions=["a", "b"])


def test_a_column_that_no_request_can_tell_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "table.parquet"
    pl.DataFrame({"at": [{"x": 1}], "reward:a": [1.0]}).write_parquet(path)
    with pytest.raises(BadInput, match="#/columns/at: at is of Struct"):
        read(path)


@pytest.mark.parametrize("name", ["none.csv", "table.xlsx"])
def test_what_is_no_file_or_of_another_kind_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(BadInput, match=name):
        read(tmp_path / name)
