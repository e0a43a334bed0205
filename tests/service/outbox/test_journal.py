"""What a worker's journal acknowledged is read again whole and in order, whatever happened in between."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.outbox import journal
from service.outbox.journal import Journal, claim
from service.outbox.shared import JUMP, Row

ROWS = st.lists(st.tuples(st.sampled_from(["home", "p"]), st.floats(0, 2e9), st.binary(max_size=400)), max_size=30)


@pytest.fixture
def small_segments(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal, "SEGMENT_BYTES", 600)


@given(rows=ROWS, limit=st.integers(1, 7))
@settings(max_examples=60, deadline=None)
def test_rows_come_back_as_written_in_any_portions(tmp_path_factory: pytest.TempPathFactory, rows, limit) -> None:
    folder = tmp_path_factory.mktemp("outbox")
    writer, _ = claim(folder)
    reader = Journal(writer.folder)
    found: list[Row] = []
    for row in rows:
        writer.append(*row)
        found += reader.after(found[-1].id if found else 0, limit)
    while more := reader.after(found[-1].id if found else 0, limit):
        found += more
    assert [(row.policy, row.time, row.entry) for row in found] == rows
    assert [row.id for row in found] == list(range(1, len(rows) + 1))


def test_a_torn_row_is_passed_over_and_the_next_writer_goes_on(tmp_path: Path, small_segments: None) -> None:
    writer, lock = claim(tmp_path)
    for i in range(5):
        writer.append("p", i, b"x" * 200)
    last = sorted(writer.folder.glob("*.journal"))[-1]
    with last.open("ab") as file:
        file.write(b"\x50\x00\x00\x00torn")
    os.close(lock)
    again, _ = claim(tmp_path)
    again.append("p", 9, b"after")
    rows = Journal(again.folder).after(0, 100)
    assert [(row.id, row.time) for row in rows] == [(1, 0), (2, 1), (3, 2), (4, 3), (5, 4), (6, 9)]


def test_numbers_go_on_when_all_files_are_gone(tmp_path: Path, small_segments: None) -> None:
    writer, lock = claim(tmp_path)
    for i in range(20):
        writer.append("p", i, b"x" * 200)
    reader = Journal(writer.folder)
    reader.mark_shipped(20, 20)
    for path in writer.folder.glob("*.journal"):
        path.unlink()
    os.close(lock)
    again, _ = claim(tmp_path)
    again.append("p", 1, b"new")
    assert [row.id for row in Journal(again.folder).after(20, 10)] == [21]


def test_only_what_may_be_forgotten_is_deleted(tmp_path: Path, small_segments: None) -> None:
    writer, _ = claim(tmp_path)
    for i in range(20):
        writer.append("p", i, b"x" * 200)
    reader = Journal(writer.folder)
    reader.mark_shipped(9, 0)
    assert len(reader.after(0, 100)) == 20
    reader.mark_shipped(9, 9)
    assert [row.id for row in Journal(writer.folder).after(9, 100)] == list(range(10, 21))


def test_the_backlog_counts_what_is_not_shipped(tmp_path: Path) -> None:
    writer, _ = claim(tmp_path)
    reader = Journal(writer.folder)
    for i in range(7):
        writer.append("p", i, b"x")
    assert (reader.backlog(), writer.backlog()) == (7, 7)
    reader.mark_shipped(5, 0)
    assert (reader.backlog(), writer.backlog()) == (2, 2)


def test_row_numbers_jump_after_a_start_of_the_machine(tmp_path: Path) -> None:
    writer, lock = claim(tmp_path)
    writer.append("p", 1.0, b"before")
    os.close(lock)
    (writer.folder / "boot").write_text("another")
    again, _ = claim(tmp_path)
    again.append("p", 2.0, b"after")
    assert [row.id for row in Journal(again.folder).after(0, 9)] == [1, 2 + JUMP]


def test_row_numbers_jump_where_it_is_not_known_whether_the_machine_was_started(tmp_path: Path) -> None:
    writer, lock = claim(tmp_path)
    os.close(lock)
    (writer.folder / "boot").unlink()
    again, _ = claim(tmp_path)
    again.append("p", 2.0, b"after")
    assert [row.id for row in Journal(again.folder).after(0, 9)] == [1 + JUMP]


def test_two_processes_never_share_a_journal(tmp_path: Path) -> None:
    first, _ = claim(tmp_path)
    second, _ = claim(tmp_path)
    assert first.folder != second.folder


def test_acknowledged_rows_survive_a_kill(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from service.outbox.journal import claim\n"
        "writer, _ = claim(Path(sys.argv[1]))\n"
        "for i in range(10**9):\n"
        "    writer.append('p', i, b'x' * 300); print(i + 1, flush=True)\n"
    )
    process = subprocess.Popen([sys.executable, "-c", program, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    for _ in range(2_000):
        process.stdout.readline()
    process.kill()
    acknowledged = 2_000 + sum(1 for line in process.stdout.read().splitlines() if line)
    process.wait()
    process.stdout.close()
    rows = Journal(tmp_path / "worker-0").after(0, 10**6)
    assert len(rows) >= acknowledged - 1  # the last line may have been cut short
    assert [row.id for row in rows] == list(range(1, len(rows) + 1))


def test_a_full_disk_refuses_the_row_and_keeps_the_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    writer, _ = claim(tmp_path)
    writer.append("p", 1.0, b"before")
    write = os.write
    monkeypatch.setattr(os, "write", lambda file, frame: write(file, frame[:10]))
    with pytest.raises(OSError, match="a part"):
        writer.append("p", 2.0, b"torn")
    monkeypatch.undo()
    writer.append("p", 3.0, b"after")
    assert [row.entry for row in Journal(writer.folder).after(0, 10)] == [b"before", b"after"]
