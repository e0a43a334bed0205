"""What the tutorial tells to type works, and the example tells the truth."""

from __future__ import annotations

import re
import runpy
import shlex
import shutil
from importlib.metadata import entry_points
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from simulations import simulate
from simulations.report import images

DOCS = Path(__file__).parents[2] / "docs"
COMMANDS = re.findall(r"^    adbandit (.+)$", (DOCS / "tutorial.md").read_text(), re.MULTILINE)
SMALLER = {"5000": "60", "2000": "60", "8": "2", "100000": "500"}  # a number of the tutorial -> of this test
APPS = [found.load() for found in entry_points(group="adbandit.commands")]

needs_a_browser = pytest.mark.skipif(not any(map(shutil.which, images.BROWSERS)), reason="chromium is not installed")


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to work in; runs are done in this process, since starting others takes longer than they do."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(simulate, "available", lambda: 0)
    return tmp_path


def run(words: list[str]) -> None:
    """One command, in this process."""
    app = next(app for app in APPS if has(typer.main.get_command(app), words))
    done = CliRunner().invoke(app, [SMALLER.get(word, word) for word in words])
    assert done.exit_code == 0, f"{shlex.join(words)}: {done.output} {done.exception!r}"


def has(command: object, words: list[str]) -> bool:
    """Whether a group has this command, or a group in it has."""
    inner = getattr(command, "commands", {}).get(words[0])
    return inner is not None and (not hasattr(inner, "commands") or words[1] in inner.commands)


@needs_a_browser
def test_every_command_of_the_tutorial_works(here: Path) -> None:
    for command in COMMANDS:
        run(shlex.split(command))
    assert len(COMMANDS) == 7
    drawn = {path.stem: path.read_text() for path in (here / "tutorial/figures").iterdir()}
    assert sorted(drawn) == ["normalised_regret-shop-drifting", "reward-shop-drifting"]
    assert all(">uniform</text>" in svg and "fill: rgb(255, 255, 255)" in svg for svg in drawn.values())
    assert "engine in shop after 60 rounds" in (here / "tutorial/report.html").read_text()


def test_the_examples_answer_holds_the_truth(capsys: pytest.CaptureFixture[str]) -> None:
    ran = runpy.run_path(str(DOCS / "examples/off_policy.py"))
    for name in ("ips", "snips", "dr"):
        assert ran["found"].estimates[name].low <= ran["true"] <= ran["found"].estimates[name].high
    assert (ran["FOLDER"] / "report.html").exists()
    shutil.rmtree(ran["FOLDER"])
    assert "verdict: answers" in capsys.readouterr().out
