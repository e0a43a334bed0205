"""A supervised family: who dies comes back, who is told to stop stops, nobody is left behind."""

import json
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import redis

from service import embedded
from service.supervise import restart_delay_s

SLEEPER = ["sleep", "1000"]
PARENT_OF_A_TIED_ONE = """
import signal, subprocess, sys
from service.processes import tied
print('{"event": "grandchild", "pid": %d}' % subprocess.Popen(tied(["sleep", "1000"])).pid, flush=True)
signal.pause()
"""
STUBBORN = "trap '' TERM; touch {folder}/{name}; exec sleep 1000"

Wait = Callable[..., None]
IsGone = Callable[[int], bool]


class Family:
    """A supervisor in a process of its own, and what it said."""

    def __init__(self, folder: Path, specs: list[dict[str, Any]], ready_within_s: float) -> None:
        self.folder = folder
        self.said = folder / f"said-{time.monotonic_ns()}"
        argv = [
            sys.executable,
            str(Path(__file__).with_name("supervised.py")),
            str(folder),
            str(ready_within_s),
        ]
        with self.said.open("w") as out:
            self.process = subprocess.Popen([*argv, json.dumps(specs)], stdout=out, stderr=subprocess.STDOUT)

    def lines(self, event: str) -> list[dict[str, Any]]:
        whole = self.said.read_text().rpartition("\n")[0].splitlines()
        return [
            said for said in map(json.loads, (line for line in whole if line.startswith("{"))) if said["event"] == event
        ]

    def pids(self, name: str) -> list[int]:
        return [said["pid"] for said in self.lines("child_started") if said["child"] == name]

    def everyone(self) -> list[int]:
        return [said["pid"] for said in self.lines("child_started") + self.lines("grandchild")]


Start = Callable[..., Family]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    families: list[Family] = []

    def begin(*specs: dict[str, Any], ready_within_s: float = 10.0) -> Family:
        families.append(Family(tmp_path, list(specs), ready_within_s))
        return families[-1]

    yield begin
    for family in families:
        family.process.kill()
        family.process.wait()


def sleeper(name: str) -> dict[str, Any]:
    return {"name": name, "argv": SLEEPER}


def stubborn(name: str, folder: Path) -> dict[str, Any]:
    return {"name": name, "argv": ["sh", "-c", STUBBORN.format(folder=folder, name=name)], "ready_file": name}


def parent_of_a_tied_one() -> dict[str, Any]:
    return {"name": "parent", "argv": [sys.executable, "-c", PARENT_OF_A_TIED_ONE]}


def test_a_killed_child_is_started_again_and_the_others_stay(start: Start, eventually: Wait) -> None:
    family = start(sleeper("one"), sleeper("two"))
    eventually(lambda: family.lines("all_ready"))
    os.kill(family.pids("one")[0], signal.SIGKILL)
    eventually(lambda: len(family.pids("one")) == 2)
    assert len(family.pids("two")) == 1
    assert [(died["child"], died["status"]) for died in family.lines("child_died")] == [("one", -9)]


def test_a_killed_valkey_comes_back_with_its_data_under_the_same_url(start: Start, eventually: Wait) -> None:
    family = start({"name": "valkey"})
    eventually(lambda: family.lines("all_ready"))
    folder = family.folder / "valkey"
    redis.Redis.from_url(embedded.socket_url(folder)).set("key", "kept")
    os.kill(family.pids("valkey")[0], signal.SIGKILL)
    eventually(lambda: len(family.pids("valkey")) == 2 and embedded.is_ready(folder))
    assert redis.Redis.from_url(embedded.socket_url(folder)).get("key") == b"kept"


def test_a_child_that_cannot_be_started_for_a_while_is_tried_again(start: Start, eventually: Wait) -> None:
    family = start(sleeper("one"))
    eventually(lambda: family.lines("all_ready"))
    resource.prlimit(family.process.pid, resource.RLIMIT_NOFILE, (3, 1024))
    os.kill(family.pids("one")[0], signal.SIGKILL)
    eventually(lambda: family.lines("child_not_started"))
    resource.prlimit(family.process.pid, resource.RLIMIT_NOFILE, (1024, 1024))
    eventually(lambda: len(family.pids("one")) == 2)


def test_what_a_killed_child_started_is_killed_with_it(start: Start, eventually: Wait, is_gone: IsGone) -> None:
    family = start(
        {
            "name": "shell",
            "argv": ["sh", "-c", 'sleep 1000 & echo \'{"event": "grandchild", "pid": \'$!\'}\'; wait'],
        }
    )
    eventually(lambda: family.lines("grandchild"))
    os.kill(family.pids("shell")[0], signal.SIGKILL)
    eventually(lambda: len(family.pids("shell")) == 2)
    eventually(lambda: is_gone(family.lines("grandchild")[0]["pid"]))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_stops_all_in_reverse_order(
    start: Start, eventually: Wait, is_gone: IsGone, number: signal.Signals
) -> None:
    family = start({"name": "valkey"}, parent_of_a_tied_one(), sleeper("last"))
    eventually(lambda: family.lines("all_ready") and family.lines("grandchild"))
    family.process.send_signal(number)
    assert family.process.wait(5.0) == 0
    assert [said["child"] for said in family.lines("child_stopped")] == ["last", "parent", "valkey"]
    eventually(lambda: all(map(is_gone, family.everyone())), within_s=0.5)


def test_children_that_ignore_the_signal_are_killed_and_all_is_over_in_five_seconds(
    start: Start, eventually: Wait, is_gone: IsGone, tmp_path: Path
) -> None:
    family = start(*(stubborn(name, tmp_path) for name in ("a", "b", "c", "d")))
    eventually(lambda: family.lines("all_ready"))
    family.process.terminate()
    assert family.process.wait(5.0) == 0
    assert [said["killed"] for said in family.lines("child_stopped")] == [True] * 4
    eventually(lambda: all(map(is_gone, family.everyone())), within_s=0.5)


def test_a_killed_supervisor_leaves_no_orphan(start: Start, eventually: Wait, is_gone: IsGone, tmp_path: Path) -> None:
    family = start({"name": "valkey"}, parent_of_a_tied_one(), stubborn("stubborn", tmp_path), sleeper("last"))
    eventually(lambda: family.lines("all_ready") and family.lines("grandchild"))
    family.process.kill()
    assert len(family.everyone()) == 5
    eventually(lambda: all(map(is_gone, family.everyone())))


def test_a_second_start_on_the_folder_is_refused(start: Start, eventually: Wait) -> None:
    first = start(sleeper("one"))
    eventually(lambda: first.lines("all_ready"))
    second = start(sleeper("one"))
    assert second.process.wait(5.0) == 1
    assert f"{first.folder} is in use by process {first.process.pid}" in second.said.read_text()


def test_a_child_that_is_never_ready_stops_the_others_and_is_explained(
    start: Start, eventually: Wait, is_gone: IsGone
) -> None:
    family = start(sleeper("one"), {"name": "two", "argv": ["false"], "ready_file": "never"}, ready_within_s=0.5)
    assert family.process.wait(5.0) == 1
    assert "two was not ready within 0.5 s; it ended with status 1" in family.said.read_text()
    assert "its last words" in family.said.read_text()
    eventually(lambda: all(map(is_gone, family.everyone())), within_s=0.5)


def test_a_signal_while_starting_stops_what_has_been_started(start: Start, eventually: Wait) -> None:
    family = start(sleeper("one"), {**sleeper("two"), "ready_file": "never"}, sleeper("three"))
    eventually(lambda: family.pids("two"))
    family.process.terminate()
    assert family.process.wait(5.0) == 0
    assert [said["child"] for said in family.lines("child_stopped")] == ["two", "one"]
    assert not family.lines("all_ready")


def test_a_child_that_keeps_dying_is_started_ever_less_often() -> None:
    delays = [0.0]
    for _ in range(7):
        delays.append(restart_delay_s(delays[-1], lived_s=1.0))
    assert delays[1:] == [0.1, 0.2, 0.4, 0.8, 1.6, 2.0, 2.0]
    assert restart_delay_s(delays[-1], lived_s=10.0) == 0.1
