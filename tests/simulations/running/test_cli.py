from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from simulations.contenders import POLICIES
from simulations.running import cli as simulate_cli
from simulations.running.results import read
from simulations.simulate import TABLE
from simulations.worlds import WORLDS

SMALL = ["--environments", "shop", "--policies", "uniform thompson", "--rounds", "20", "--seeds", "3,5"]


def run(*words: str) -> Result:
    return CliRunner().invoke(simulate_cli.app, ["simulate", *words])


def test_a_table_is_printed_and_one_is_written(tmp_path: Path) -> None:
    done = run(*SMALL, "--workers", "1", "--folder", str(tmp_path), "--parquet", str(tmp_path / "more.parquet"))
    assert done.exit_code == 0, done.output
    assert "above uniform" in done.stdout
    assert read(tmp_path / TABLE).ends().get_column("seed").to_list() == [3, 5, 3, 5]
    assert read(tmp_path / "more.parquet").table.equals(read(tmp_path / TABLE).table)


def test_options_take_the_place_of_what_the_file_says(tmp_path: Path) -> None:
    (tmp_path / "e.yaml").write_text("environments: [mars]\npolicies: [uniform]\nrounds: 5\n")
    done = run(str(tmp_path / "e.yaml"), "--environments", "venus", "--folder", str(tmp_path))
    assert (done.exit_code, "no world 'venus'" in done.stderr) == (1, True)


def test_worlds_and_policies_are_listed() -> None:
    listed = run("--list").stdout.split()
    assert {*WORLDS, *POLICIES, "service"} <= set(listed)


def test_the_catalog_of_a_world_is_printed() -> None:
    assert json.loads(run("--catalog", "shop").stdout)["policies"][0]["id"] == "demo"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "name an experiment's file, or give --environments"),
        (["nothing.yaml"], "nothing.yaml#"),
        ([*SMALL, "--seeds", "few"], "--seeds: 'few'"),
        ([*SMALL, "--rounds", "0"], "#/rounds"),
        ([*SMALL, "--reference", "oracle"], "#/reference"),
        ([*SMALL, "--cluster", "nowhere"], "no Dask scheduler answers at nowhere"),
        (["--catalog", "mars"], "no world 'mars'"),
        ([*SMALL, "--folder", "/proc/1/here"], "cannot hold results"),
    ],
)
def test_what_is_wrong_is_told_in_a_line(words: list[str], said: str) -> None:
    done = run(*words)
    assert done.exit_code == 1
    assert done.stderr.startswith("adbandit: ")
    assert said in done.stderr
