"""One owner a folder; no process outlives its parent."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from service.processes import FolderInUse, lock_folder, tied

OWNER = "import sys, signal, pathlib; from service.processes import lock_folder; \
lock_folder(pathlib.Path(sys.argv[1])); print('locked', flush=True); signal.pause()"

FORKING = """
import multiprocessing, os, signal
from service.processes import die_with_parent
def work(out):
    die_with_parent()
    out.send(os.getpid())
    signal.pause()
here, there = multiprocessing.Pipe()
multiprocessing.get_context("fork").Process(target=work, args=(there,)).start()
print(here.recv(), flush=True)
signal.pause()
"""


def first_line(process: subprocess.Popen[bytes]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().decode().strip()


def test_a_folder_with_an_owner_is_refused_until_the_owner_is_killed(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", OWNER, tmp_path], stdout=subprocess.PIPE) as owner:
        assert first_line(owner) == "locked"
        with pytest.raises(FolderInUse, match=f"{tmp_path} is in use by process {owner.pid}"):
            lock_folder(tmp_path)
        owner.kill()
    assert lock_folder(tmp_path) > 2


def test_a_worker_forked_by_multiprocessing_dies_with_its_killed_parent(
    eventually: Callable[..., None], is_gone: Callable[[int], bool]
) -> None:
    with subprocess.Popen([sys.executable, "-c", FORKING], stdout=subprocess.PIPE) as parent:
        worker_pid = int(first_line(parent))
        assert not is_gone(worker_pid)
        parent.kill()
    eventually(lambda: is_gone(worker_pid))


def test_a_process_whose_parent_is_already_gone_ends_at_once() -> None:
    script, not_the_parent = tied(["true"])[:4], "1"
    assert subprocess.run([*script, not_the_parent, "true"], check=False).returncode == -9


def test_a_command_that_does_not_exist_is_named() -> None:
    ended = subprocess.run(tied(["no-such-program"]), check=False, capture_output=True, text=True)
    assert (ended.returncode, ended.stderr) == (
        1,
        "cannot start no-such-program: No such file or directory\n",
    )
