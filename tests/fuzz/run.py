"""Fuzzes a real service over its own `/openapi.json`: `python -m tests.fuzz.run --minutes 5 --json FILE`.

Schemathesis sends requests that fit the schema and requests that break it in one place, with decisions' own ids and
links where there are any. Its checks, and those of hooks.py, ask of every answer: no 5xx, a status, media type, body
and headers that the document names, bad requests refused, sound ones taken, other methods 405 with `Allow`.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from tests.catalogs import CATALOG
from tests.fuzz.hooks import POLICIES
from tests.running import Running

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
FUZZED = {**CATALOG, "policies": POLICIES}
MAPPING = str(HERE / "mapping.yaml")
UNSHED = {"ADBANDIT_SHED_MS": "0", "ADBANDIT_ACTIVITY_MAPPING": MAPPING}  # so that a busy machine changes no answer


class Run(NamedTuple):
    """What Schemathesis found."""

    exit_code: int
    report: dict[str, Any]
    said: str  # what it printed

    @property
    def cases(self) -> int:
        """Requests that were made up and sent."""
        return int(self.report["test_cases"]["generated"])

    @property
    def failures(self) -> int:
        """Different ones."""
        return int(self.report["test_cases"]["unique_failures"])


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """What docs/promises.md shows."""

    date: str
    seed: int
    minutes: float
    operations: int
    cases: int
    failures: int
    verified: bool  # whether `adbandit verify` held afterwards


def schemathesis(url: str, *options: str) -> Run:
    """One run against a service."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        command = [
            *(str(Path(sys.executable).with_name("schemathesis")), "--config-file", str(HERE / "schemathesis.toml")),
            *("run", f"{url}/openapi.json", "--report", "json", "--report-json-path", str(report)),
            *("--no-color", "--continue-on-failure", *options),
        ]
        environment = {**os.environ, "SCHEMATHESIS_HOOKS": "tests.fuzz.hooks", "PYTHONPATH": str(ROOT)}
        done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
        return Run(done.returncode, json.loads(report.read_text()), done.stdout + done.stderr)


def verified(data: Path) -> bool:
    """Whether all that a stopped service has kept holds together."""
    command = [sys.executable, "-m", "service.cli", "verify", "--data", str(data)]
    return subprocess.run(command, cwd=ROOT, check=False, stdout=subprocess.DEVNULL).returncode == 0


def main() -> int:
    given = _arguments()
    with tempfile.TemporaryDirectory() as folder:
        running = Running(Path(folder) / "data", FUZZED, **UNSHED)
        began = time.monotonic()
        try:
            seconds = str(round(given.minutes * 60))
            found = schemathesis(running.url, "--seed", str(given.seed), "--max-time", seconds)
            minutes = (time.monotonic() - began) / 60
            held = verified(running.data)
        finally:
            running.stop()
    sys.stdout.write(found.said)
    figures = Figures(
        date=datetime.now(UTC).date().isoformat(),
        seed=given.seed,
        minutes=round(minutes, 1),
        operations=found.report["operations"]["tested"],
        cases=found.cases,
        failures=found.failures,
        verified=held,
    )
    text = msgspec.json.format(msgspec.json.encode(figures), indent=1).decode()
    sys.stdout.write(f"{text}\n")
    if given.json:
        given.json.parent.mkdir(parents=True, exist_ok=True)
        given.json.write_text(f"{text}\n")
    return int(bool(found.failures) or not held)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=5.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", type=Path, help="where the figures go")
    return parser.parse_args()


if __name__ == "__main__":
    raise SystemExit(main())
