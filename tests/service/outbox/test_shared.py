"""What this host accepted: there after a kill, in the order written, each key once."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.outbox.shared import JUMP, SHARED, Outbox, shared
from tests.entries import laws

keys = st.lists(st.text(max_size=3), max_size=12)
Rows = list[tuple[str, float, bytes, str]]


def keyed(names: list[str], time: float = 1.0) -> Rows:
    return [("home", time, name.encode(), name) for name in names]


def fresh(folder: Path) -> Outbox:
    """An outbox of its own for each example of a law."""
    return Outbox(folder / f"{len(list(folder.iterdir()))}.sqlite")


@laws(60)
@given(batches=st.lists(keys, max_size=4))
def test_each_key_is_written_once_and_its_repeats_are_told(
    tmp_path_factory: pytest.TempPathFactory, batches: list[list[str]]
) -> None:
    outbox = fresh(tmp_path_factory.mktemp("outbox"))
    seen: list[str] = []
    for batch in batches:
        new = outbox.append_new(keyed(batch))
        expected = [name not in [*seen, *batch[:i]] for i, name in enumerate(batch)]
        assert new == expected
        seen += [name for name, is_new in zip(batch, new, strict=True) if is_new]
    assert [row.entry.decode() for row in outbox.after(0, 1_000)] == seen
    outbox.close()


@laws(60)
@given(st.lists(st.floats(0, 9), max_size=12), st.integers(0, 14), st.integers(1, 14), st.floats(0, 9))
def test_after_reads_on_in_the_order_written_up_to_the_last_row_that_is_not_too_new(
    times: list[float], behind: int, limit: int, until: float
) -> None:
    outbox = Outbox(Path(":memory:"))
    for i, time in enumerate(times):
        outbox.append_new(keyed([str(i)], time))
    window = list(enumerate(times, 1))[behind : behind + limit]
    due = [at for at, (_, time) in enumerate(window, 1) if time <= until]
    count = due[-1] if due else limit * (len(window) == limit)
    assert [row.id for row in outbox.after(behind, limit, until)] == [row for row, _ in window[:count]]
    outbox.close()


@laws(60)
@given(st.integers(1, 9), st.integers(0, 9), st.integers(0, 12))
def test_what_is_deleted_may_be_forgotten_and_no_row_number_is_used_twice(count: int, marked: int, forget: int) -> None:
    outbox = Outbox(Path(":memory:"))
    for i in range(1, count + 1):
        outbox.append_new(keyed([str(i)], time=i))
    outbox.mark_shipped(min(marked, count), min(marked, forget))
    left = [row.id for row in outbox.after(0, 99)]
    assert set(range(1, count + 1)) - set(left) <= set(range(1, forget + 1))
    assert outbox.backlog() == count - min(marked, count)
    outbox.append_new(keyed(["next"]))
    assert outbox.after(0, 99)[-1].id == count + 1
    outbox.close()


def test_a_request_id_given_twice_gets_the_first_answer(tmp_path: Path) -> None:
    outbox = shared(tmp_path)
    assert outbox.answer("d:home:r1") is None
    assert outbox.append_once("home", 1.0, b"entry", "d:home:r1", b"first") == b"first"
    assert outbox.append_once("home", 2.0, b"other", "d:home:r1", b"second") == b"first"
    assert outbox.answer("d:home:r1") == b"first"
    assert [row.entry for row in outbox.after(0, 9)] == [b"entry"]


def test_workers_that_race_for_one_key_all_give_the_same_answer(tmp_path: Path) -> None:
    outboxes = [shared(tmp_path) for _ in range(4)]

    def ask(i: int) -> bytes:
        return outboxes[i % 4].append_once("home", 1.0, b"entry", f"k{i // 8}", str(i).encode())

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(ask, range(160)))
    assert all(len(set(answers[i : i + 8])) == 1 for i in range(0, 160, 8))
    assert len(outboxes[0].after(0, 99)) == 20


def test_all_who_open_a_file_at_once_find_the_same_file(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        assert len({outbox.id for outbox in pool.map(lambda _: shared(tmp_path), range(8))}) == 1


def test_a_batch_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    outbox = shared(tmp_path)
    with pytest.raises(UnicodeEncodeError):
        outbox.append_new([*keyed(["fine"]), ("home", 1.0, b"entry", "\ud800")])
    assert outbox.after(0, 9) == []
    assert outbox.append_new(keyed(["fine"])) == [True]


def test_rows_survive_a_kill_the_moment_they_are_accepted(tmp_path: Path) -> None:
    line = "import pathlib, sys; from service.outbox.shared import shared; box = shared(pathlib.Path(sys.argv[1]))\n"
    line += "for i in range(10**9): box.append_new([('home', 1.0, b'', str(i))]); print(i, flush=True)"
    with subprocess.Popen([sys.executable, "-c", line, str(tmp_path)], stdout=subprocess.PIPE) as writer:
        assert writer.stdout
        told = [int(writer.stdout.readline()) for _ in range(50)]
        os.kill(writer.pid, signal.SIGKILL)
        told += [int(rest) for rest in writer.stdout.read().split()]
    assert len(shared(tmp_path).after(0, 10**6)) >= len(told)


def test_opened_again_it_is_the_same_file_with_the_same_position(tmp_path: Path) -> None:
    outbox = shared(tmp_path)
    outbox.append_new(keyed(["a", "b"]))
    outbox.mark_shipped(1, forget=0)
    again = Outbox(tmp_path / SHARED)
    assert (again.id, again.backlog()) == (outbox.id, 1)


def test_row_numbers_jump_after_a_start_of_the_machine(tmp_path: Path) -> None:
    outbox = shared(tmp_path)
    outbox.append_new(keyed(["before"]))
    outbox._sql.execute("UPDATE file SET boot = 'another'")
    again = Outbox(tmp_path / SHARED)
    again.append_new(keyed(["after"]))
    assert [row.id for row in again.after(0, 9)] == [1, 2 + JUMP]
