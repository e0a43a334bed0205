from __future__ import annotations

import os
import sys

import pytest

from simulations.running import executors
from simulations.running.executors import NoCluster, available, executor


def told(name: str) -> tuple[int, str | None, bool]:
    """Of a worker: its process, a variable of its environment, whether it has imported the script that runs."""
    return os.getpid(), os.environ.get(name), hasattr(sys.modules["__main__"], "__file__")


def test_a_worker_is_a_process_of_one_thread_that_does_not_import_the_script() -> None:
    before = dict(os.environ)
    with executor(1) as crew:
        pid, threads, script = crew.pool.submit(told, "OMP_NUM_THREADS").result()
        assert crew.played() == 0
    assert (pid != os.getpid(), threads, script) == (True, "1", False)
    assert dict(os.environ) == before


def test_workers_are_gone_when_the_block_ends(eventually, is_gone) -> None:
    with executor(1) as crew:
        pid, _, _ = crew.pool.submit(told, "PATH").result()
    eventually(lambda: is_gone(pid))


def test_what_the_user_has_set_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    with executor(1) as crew:
        assert crew.pool.submit(told, "OMP_NUM_THREADS").result()[1] == "7"


def test_without_workers_the_work_is_done_here() -> None:
    with executor(0) as crew:
        assert crew.pool.submit(os.getpid).result() == os.getpid()
        assert isinstance(crew.pool.submit(int, "x").exception(), ValueError)


def test_without_dask_the_way_to_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def lacking(name: str) -> None:
        raise ModuleNotFoundError(name)

    monkeypatch.setattr(executors, "import_module", lacking)
    with pytest.raises(NoCluster, match=r"pip install 'adbandit\[cluster\]'"), executor(1, cluster="tcp://here:1"):
        pass


def test_processors_are_counted() -> None:
    assert 1 <= available() <= (os.cpu_count() or 1)
