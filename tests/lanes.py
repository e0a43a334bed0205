"""Runs the whole test suite as two pytests side by side: `python -m tests.lanes`, what `make check` calls.

The one drives services, whose tests wait more than they compute; the other computes, or asks services without measuring
any time, and gives way to it wherever both want a processor. With arguments there is one pytest, which gets them.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).parents[1]
SERVICES = ("tests/service", "tests/end_to_end", "tests/chaos")
# Of those the folders that wait for no process of ours, nor measure any time.
BESIDE = tuple(
    f"tests/service/{name}"
    for name in ("activity", "console", "creatives", "deciding", "interchange", "matching", "products")
)
LEAST_NICE = 19  # the computing lane: one that drives services has deadlines to keep
FAILED, NOTHING = 1, 5  # statuses of pytest


def computing() -> list[str]:
    """All that no service is needed for, the rooms' doctests included."""
    tests = [path.relative_to(ROOT) for path in sorted((ROOT / "tests").iterdir()) if _holds_tests(path)]
    return ["bandit", "service", "simulations", *(str(path) for path in tests if str(path) not in SERVICES), *BESIDE]


def driving() -> list[str]:
    """All that a service is needed for, and what computing leaves."""
    return [*SERVICES, *(f"--ignore={path}" for path in BESIDE)]


def _holds_tests(path: Path) -> bool:
    return path.name != "bench" and path.is_dir() and any(path.rglob("test_*.py"))


def _pytest(arguments: Sequence[str]) -> list[str]:
    return [sys.executable, "-m", "pytest", *arguments]


def main(arguments: Sequence[str]) -> int:
    """Exit status: 0 if all passed."""
    if arguments:
        return subprocess.call(_pytest(arguments), cwd=ROOT)
    with tempfile.TemporaryFile() as said:
        beside = subprocess.Popen(
            _pytest([*computing(), "-p", "no:cacheprovider"]),
            cwd=ROOT,
            stdout=said,
            stderr=subprocess.STDOUT,
            preexec_fn=lambda: os.nice(LEAST_NICE),  # noqa: PLW1509 no thread runs here that could hold a lock
        )
        try:
            statuses = [subprocess.call(_pytest(driving()), cwd=ROOT), beside.wait()]
        finally:
            beside.kill()
        said.seek(0)
        sys.stdout.buffer.write(said.read())
    return FAILED if any(status not in (0, NOTHING) for status in statuses) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
