"""The commands print, write and refuse as they say; a service that runs is asked without being stopped."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from typer.testing import CliRunner, Result

from bandit.archive.files import read_outcomes
from simulations.evaluation.cli import app
from simulations.evaluation.evaluated import unflat
from tests.catalogs import CATALOG
from tests.running import Running, eventually
from tests.simulations.evaluation.test_evaluate import canonical

DECISIONS = 120
PAGE = Path(__file__).parents[3] / "docs" / "spec" / "evaluate.md"


def ran(*words: str) -> Result:
    result = CliRunner().invoke(app, ["evaluate", *words])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A service that has decided and archived, and goes on running."""
    service = Running(tmp_path_factory.mktemp("asked") / "data", CATALOG, ADBANDIT_ARCHIVE_S="0.2")
    for i in range(DECISIONS):
        answer = service.decide(policy="home", context={"hour": i % 24}, user={"key": f"u{i}"})
        if i % 2:
            service.tell({"id": f"c{i}", "type": "click", "decision_id": answer["decision_id"], "slot": 0})
    eventually(lambda: read_outcomes(service.data / "archive", "home")["decision"].n_unique() == DECISIONS)
    yield service
    service.stop()


def asked(running: Running, target: str, arm: str, folder: Path) -> dict[str, Any]:
    file = folder / "found.json"
    words = ["log", str(running.data), "--policy", "home", "--target", target, "--arm", arm, "--json", str(file)]
    ran(*words, "--reward-model", "means", "--folds", "2")
    found: dict[str, Any] = json.loads(file.read_text())
    return found


def test_a_running_service_is_asked_what_served_and_says_what_it_earned(running: Running, tmp_path: Path) -> None:
    rows = read_outcomes(running.data / "archive", "home").filter(pl.col("arm") == "learned")
    found = asked(running, "logged", "learned", tmp_path)
    assert (found["rounds"], found["mean_weight"]) == (len(rows), 1.0)
    assert found["ips"]["value"] == pytest.approx(rows["reward"].mean())
    assert unflat(found).target == "logged"


def test_the_lines_of_the_documentation_run(
    running: Running, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    lines, function = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    (tmp_path / "shop").symlink_to(running.data)
    (tmp_path / "written.py").write_text(function)
    monkeypatch.chdir(tmp_path)
    exec(lines, {})
    assert capsys.readouterr().out.startswith(("answers Estimate(", "weak Estimate("))
    said = ran("log", "shop", "--policy", "home", "--target", "written:loud", "--reward-model", "none")
    assert "written:loud on" in said.output


def test_an_even_holdout_is_the_log_of_an_even_policy(running: Running, tmp_path: Path) -> None:
    found = asked(running, "uniform", "holdout", tmp_path)
    assert found["max_weight"] == found["mean_weight"] == pytest.approx(1.0)


def test_the_newest_model_can_be_asked_about_the_holdout_alone(running: Running, tmp_path: Path) -> None:
    assert asked(running, "model", "holdout", tmp_path)["target"] == "model"
    refused = ran("log", str(running.data), "--policy", "home", "--target", "model")
    assert (refused.exit_code, "no round is left that no target has learned from" in refused.output) == (1, True)


def test_a_table_is_asked_with_columns_of_any_name(tmp_path: Path) -> None:
    canonical(tmp_path)
    path, file = str(tmp_path / "log.parquet"), tmp_path / "found.json"
    words = ["table", path, "--probabilities", "p", "--target", "column:target", "--features", "which"]
    said = ran(*words, "--estimators", "ips,dr", "--json", str(file))
    found = json.loads(file.read_text())
    assert said.exit_code == 0
    assert (found["ips"]["value"], set(found) & {"dr", "snips"}) == (pytest.approx(0.5875), {"dr"})
    assert all(word in said.output for word in ("doubly robust", "effective sample size", "verdict"))


def test_what_cannot_be_answered_has_reasons_null_numbers_and_status_1(tmp_path: Path) -> None:
    pl.DataFrame({"action": ["a", "b"] * 200, "reward": [0.0, 1.0] * 200, "propensity": [0.9] * 400}).write_csv(
        tmp_path / "log.csv"
    )
    file = tmp_path / "found.json"
    said = ran("table", str(tmp_path / "log.csv"), "--target", "uniform", "--json", str(file))
    found = json.loads(file.read_text())
    assert (said.exit_code, found["verdict"], found["ips"]["value"]) == (1, "refused", None)
    assert found["reasons"]
    assert "adbandit: the log cannot answer" in said.output


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--target", "nobody"], "#/target: 'nobody' is no target"),
        (["--reward", "gain"], "#/columns/gain"),
        (["--estimators", "magic"], "#/estimators: 'magic' is no estimator"),
        (["--level", "2"], "#/level"),
        (["--last", "0"], "#/last"),
        (["--rewards", "1,0"], "#/rewards"),
        (["--reward-model", "no.such:Model"], "no module no"),
    ],
)
def test_a_mistake_is_named_without_a_traceback(words: list[str], said: str, tmp_path: Path) -> None:
    canonical(tmp_path)
    result = ran("table", str(tmp_path / "log.parquet"), "--probabilities", "p", *words)
    assert (result.exit_code, said in result.output.replace("\n", " ")) == (1, True), result.output


def test_files_that_are_none_are_refused(tmp_path: Path) -> None:
    (tmp_path / "odd.csv").write_text("")
    (tmp_path / "odd.parquet").write_text("hello")
    for words in (
        ["table", str(tmp_path / "odd.csv")],
        ["table", str(tmp_path / "odd.parquet")],
        ["log", str(tmp_path)],
    ):
        assert ran(*words).exit_code == 1


def test_of_two_targets_one_is_selected(tmp_path: Path) -> None:
    rows = {"action": ["a", "b"] * 400, "reward": [0.0, 1.0] * 400, "propensity": [0.5] * 800}
    pl.DataFrame(rows).write_parquet(tmp_path / "log.parquet")
    file = tmp_path / "found.json"
    words = [str(tmp_path / "log.parquet"), "--target", "fixed:a", "--target", "fixed:b", "--estimator", "snips"]
    said = ran("select", *words, "--json", str(file))
    assert (said.exit_code, json.loads(file.read_text())["winner"]) == (0, "fixed:b")
