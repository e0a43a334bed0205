"""When the matcher is started: a look that finds nothing new costs nothing, however much is archived."""

from __future__ import annotations

import sys
from pathlib import Path
from unittest.mock import Mock

import pytest

from service.matching import rounds
from service.matching.rounds import FIRST_S, LOOK_S, Rounds

EVERY_S = 300.0


class Bench:
    """Rounds over a folder, with a matcher that does nothing."""

    def __init__(self, data: Path, every_s: float = EVERY_S) -> None:
        self.now = 0.0
        self.archive = data / "archive" / "activity"
        self.rounds = Rounds(data, every_s, lambda: self.now)

    def archived(self, name: str) -> None:
        day = self.archive / "date=2027-01-15"
        day.mkdir(parents=True, exist_ok=True)
        (day / name).touch()

    def starts(self, after_s: float) -> bool:
        """Whether one is started by a look so much later."""
        self.now += after_s
        self.rounds.look()
        running = self.rounds._running
        if running:
            running.wait()
            self.rounds.look()
        return running is not None


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    monkeypatch.setattr(rounds, "COMMAND", (sys.executable, "-S", "-c", ""))
    return Bench(tmp_path)


def test_tables_are_made_when_something_is_archived_and_not_again_before_their_time(bench: Bench) -> None:
    assert not bench.starts(FIRST_S)
    bench.archived("activity-1.parquet")
    assert bench.starts(LOOK_S)
    bench.archived("activity-2.parquet")
    assert [bench.starts(LOOK_S), bench.starts(EVERY_S), bench.starts(EVERY_S)] == [False, True, False]


def test_between_looks_the_archive_is_left_alone(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    look = Mock(return_value=frozenset())
    monkeypatch.setattr(bench.rounds, "_days", look)
    for _ in range(10):
        bench.starts(LOOK_S / 4)
    assert 0 < look.call_count <= 3


def test_with_no_time_between_tables_there_are_none(tmp_path: Path) -> None:
    bench = Bench(tmp_path, every_s=0.0)
    bench.archived("activity-1.parquet")
    assert not bench.starts(FIRST_S)
