"""The demo as a person runs it: one command, a service of its own, no network."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import urllib3

KEYS = [
    "decisions",
    "events",
    "learned_rate",
    "holdout_rate",
    "lift",
    "lift_low",
    "lift_high",
    "oracle_rate",
    "uniform_rate",
    "p50_ms",
    "p99_ms",
    "decisions_per_s",
    "model_version",
    "lost",
    "doubled",
    "managed",
]
MANAGED = ["users", "activities", "products", "held", "beyond", "pacing", "added"]
DEMO = [sys.executable, "-m", "service.cli", "demo"]


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> tuple[subprocess.CompletedProcess[str], dict[str, Any]]:
    """A demo of six seconds at 60 requests a second."""
    summary = tmp_path_factory.mktemp("demo") / "summary.json"
    words = ["--seconds", "6", "--rate", "60", "--seed", "7", "--json", str(summary)]
    run = subprocess.run([*DEMO, *words], capture_output=True, text=True, timeout=150, check=False)
    assert run.returncode == 0, run.stderr
    return run, json.loads(summary.read_text())


Finished = tuple[subprocess.CompletedProcess[str], dict[str, Any]]


def test_the_summary_has_every_key(finished: Finished) -> None:
    assert set(KEYS) <= set(finished[1])


def test_all_that_an_ad_manager_sets_is_at_work(finished: Finished) -> None:
    managed = finished[1]["managed"]
    assert set(MANAGED) == set(managed)
    assert min(managed["users"], managed["activities"], managed["products"]) > 0
    assert managed["beyond"] <= 3  # requests in flight when a cap was reached
    assert managed["pacing"]["spent"]["value"] <= managed["pacing"]["flight"]["value"]


def test_every_decision_is_answered_and_learned_or_held_out(finished: Finished) -> None:
    summary = finished[1]
    assert (summary["decisions"], summary["unanswered"]) == (360, 0)
    assert 0 < summary["model_version"] < 360


def test_nothing_is_lost_and_nothing_doubled(finished: Finished) -> None:
    summary = finished[1]
    assert (summary["lost"], summary["doubled"], summary["waiting"], summary["refused"]) == (0, 0, 0, 0)


def test_rates_stand_in_their_order(finished: Finished) -> None:
    summary = finished[1]
    assert 0 < summary["uniform_rate"] < summary["oracle_rate"] < 1
    assert 0 < summary["p50_ms"] <= summary["p99_ms"]


def test_without_a_terminal_progress_comes_as_lines(finished: Finished) -> None:
    assert re.search(r"^ +5 s  .*decisions.*learned.*holdout.*model", finished[0].stdout, re.MULTILINE)


def up_url(demo: subprocess.Popen[str]) -> str:
    """The service's address, from the line the demo prints once it is up."""
    assert demo.stdout is not None
    for line in demo.stdout:
        if found := re.search(r"http://[\d.:]+\d", line):
            return found.group()
    raise AssertionError("the demo ended before its service was up")


def answers(url: str) -> bool:
    try:
        return urllib3.request("GET", f"{url}/livez", timeout=1.0, retries=False).status == 200
    except urllib3.exceptions.HTTPError:
        return False


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_the_service_ends_with_its_demo(
    ending: signal.Signals, tmp_path: Path, eventually: Callable[..., None]
) -> None:
    words = ["--seconds", "60", "--rate", "20", "--data", str(tmp_path / "data")]
    scratch = os.environ | {"TMPDIR": str(tmp_path)}  # which a demo that is killed cannot remove
    with subprocess.Popen([*DEMO, *words], stdout=subprocess.PIPE, text=True, env=scratch) as demo:
        url = up_url(demo)
        assert answers(url)
        os.kill(demo.pid, ending)
        assert demo.wait(15) == (-ending if ending is signal.SIGKILL else 130)
    eventually(lambda: not answers(url), within_s=10.0)
