"""The command writes pages and figures, and says clearly what it cannot do."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from simulations.report import images
from simulations.report.cli import app
from tests.simulations.report.made_up import simulated


@pytest.fixture
def table(tmp_path: Path) -> Path:
    simulated().write(tmp_path / "results.parquet")
    return tmp_path / "results.parquet"


def run(*words: str | Path) -> Result:
    return CliRunner().invoke(app, ["report", *map(str, words)])


def test_a_page_says_what_it_was_given(table: Path, tmp_path: Path) -> None:
    made = run(table, "--html", tmp_path / "page.html", "--date", "2026-11-23", "--title", "Mine")
    page = (tmp_path / "page.html").read_text()
    assert made.exit_code == 0, made.output
    assert "<title>Mine</title>" in page
    assert "<dt>date</dt><dd>2026-11-23</dd>" in page
    assert "<dt>seeds</dt><dd>1 to 3</dd>" in page


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ((), "nothing to write"),
        (("--html", "page.html", "--reference", "nobody"), "no policy 'nobody'"),
        (("--html", "page.html", "--explain", "nowhere", "engine"), "nowhere"),
    ],
)
def test_what_cannot_be_done_is_one_line(table: Path, words: tuple[str, ...], reason: str) -> None:
    made = run(table, *words)
    assert made.exit_code == 1
    assert made.output.startswith("adbandit: ")
    assert reason in made.output
    assert "Traceback" not in made.output


def test_without_plotly_the_page_says_how_to_get_it(
    monkeypatch: pytest.MonkeyPatch, table: Path, tmp_path: Path
) -> None:
    monkeypatch.setitem(sys.modules, "plotly.offline", None)
    assert "pip install 'adbandit[report]'" in run(table, "--html", tmp_path / "page.html").output
    assert not (tmp_path / "page.html").exists()


def test_without_kaleido_figures_say_how_to_get_it(
    monkeypatch: pytest.MonkeyPatch, table: Path, tmp_path: Path
) -> None:
    monkeypatch.setitem(sys.modules, "kaleido", None)
    assert "pip install 'adbandit[report]'" in run(table, "--figures", tmp_path / "figures").output


def test_without_a_browser_figures_say_so(monkeypatch: pytest.MonkeyPatch, table: Path, tmp_path: Path) -> None:
    monkeypatch.setattr(images, "BROWSERS", ("no-such-browser",))
    made = run(table, "--figures", tmp_path / "figures")
    assert made.exit_code == 1
    assert "need Chromium or Chrome" in made.output
