from __future__ import annotations

import os
import signal
import subprocess
import sys
from functools import partial
from pathlib import Path

import polars as pl
import pytest

from bandit.config import Exploration, Policy
from bandit.errors import BadInput
from simulations.environments.shop import Shop
from simulations.policies.uniform import Uniform
from simulations.running import kept, whole
from simulations.running.results import RUN, TIMINGS, Results, read
from simulations.running.runner import Job
from simulations.simulate import TABLE, OtherCode, _do, simulate
from simulations.sources import wheels
from simulations.worlds import UnknownName

POLICIES = ("uniform", "thompson")


class Unsteady(Uniform):
    """Fails on the seed it is told to."""

    def __init__(self, seed: int, _environment, *, bad: int) -> None:
        super().__init__(seed)
        if seed == bad:
            raise RuntimeError("as it was told to")


def shop(*, seeds: int = 2, **options) -> Results:
    return simulate("shop", POLICIES, rounds=150, seeds=seeds, **{"workers": 0} | options)


def numbers(found: Results) -> pl.DataFrame:
    return found.table.drop(TIMINGS)


def stamps(folder: Path) -> dict[str, int]:
    return {path.name: path.stat().st_mtime_ns for path in folder.glob("runs/*.msgpack")}


def test_numbers_do_not_depend_on_how_many_processes_there_are() -> None:
    assert numbers(shop(workers=2)).equals(numbers(shop()))


def test_nor_on_the_order_of_the_work() -> None:
    assert numbers(simulate("shop", POLICIES[::-1], rounds=150, seeds=[2, 1], workers=0)).equals(numbers(shop()))


def test_a_dask_cluster_gives_the_same_numbers() -> None:
    distributed = pytest.importorskip("distributed")
    options = {"processes": False, "n_workers": 1, "threads_per_worker": 1, "dashboard_address": None}
    with distributed.LocalCluster(**options) as cluster:
        assert numbers(shop(cluster=cluster.scheduler_address)).equals(numbers(shop()))


def test_a_finished_run_is_not_run_again(tmp_path: Path) -> None:
    first = shop(folder=tmp_path)
    before = stamps(tmp_path)
    more = shop(seeds=3, folder=tmp_path)
    assert before.items() <= stamps(tmp_path).items()
    assert (len(before), len(stamps(tmp_path))) == (4, 6)
    assert first.table.equals(more.table.filter(pl.col("seed") < 3))  # timings too: they are those of the first time


def test_a_longer_run_is_another(tmp_path: Path) -> None:
    shop(folder=tmp_path)
    simulate("shop", POLICIES, rounds=151, seeds=2, workers=0, folder=tmp_path)
    assert len(stamps(tmp_path)) == 8


def test_a_config_is_known_by_what_it_says_and_not_by_its_name(tmp_path: Path) -> None:
    for name in ("one", "other"):
        simulate("shop", {name: Policy(id="demo")}, rounds=20, seeds=1, workers=0, folder=tmp_path)
    greedy = Policy(id="demo", exploration=Exploration(kind="greedy"))
    simulate("shop", {"one": greedy}, rounds=20, seeds=1, workers=0, folder=tmp_path)
    assert len(stamps(tmp_path)) == 2


def test_a_table_is_known_by_what_it_holds(tmp_path: Path) -> None:
    for right in ("1,0", "0,1"):
        (tmp_path / "t.csv").write_text(f"reward:a,reward:b\n{right}\n")
        simulate(f"table:{tmp_path / 't.csv'}", "uniform", rounds=1, seeds=1, workers=0, folder=tmp_path / "kept")
    assert len(stamps(tmp_path / "kept")) == 2


def test_a_file_that_is_no_run_is_made_anew(tmp_path: Path) -> None:
    found = shop(folder=tmp_path)
    next(iter((tmp_path / "runs").glob("*.msgpack"))).write_bytes(b"half a ru")
    assert numbers(shop(folder=tmp_path)).equals(numbers(found))


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    found = shop(folder=tmp_path / "kept")
    found.write(tmp_path / "t.parquet")
    assert read(tmp_path / "t.parquet").table.equals(found.table)
    assert read(tmp_path / "kept" / TABLE).table.equals(found.table)


def test_a_killed_simulation_leaves_no_half_file_and_no_worker_and_goes_on(tmp_path: Path, eventually, is_gone) -> None:
    asked = ["--environments", "shop", "--policies", "engine", "--rounds", "600", "--seeds", "40", "--workers", "1"]
    command = [sys.executable, "-m", "simulations.running.cli", "simulate", *asked, "--folder", str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as simulation:
        eventually(lambda: stamps(tmp_path), within_s=60.0)
        workers = children(simulation.pid)
        os.kill(simulation.pid, signal.SIGKILL)
    eventually(lambda: all(map(is_gone, workers)))
    before = stamps(tmp_path)
    found = simulate("shop", "engine", rounds=600, seeds=2, workers=0, folder=tmp_path)
    assert not list(tmp_path.rglob(f".*{whole.DRAFT}"))
    assert workers
    assert before.items() <= stamps(tmp_path).items()
    assert numbers(found).equals(numbers(simulate("shop", "engine", rounds=600, seeds=2, workers=0)))


def children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def test_two_simulations_do_not_work_in_one_folder(tmp_path: Path) -> None:
    with kept.opened(tmp_path), pytest.raises(BadInput, match="at work in"):
        shop(folder=tmp_path)


def test_runs_that_were_finished_before_one_failed_are_kept(tmp_path: Path) -> None:
    policies = {"unsteady": partial(Unsteady, bad=3)}
    with pytest.raises(RuntimeError) as fault:
        simulate("shop", policies, rounds=20, seeds=4, workers=0, folder=tmp_path)
    assert fault.value.__notes__ == ["raised by unsteady in shop with seed 3"]
    assert len(stamps(tmp_path)) == 2


def test_a_worker_with_other_code_is_refused() -> None:
    with pytest.raises(OtherCode, match="install the same"):
        _do(Job("shop", "uniform", 1, 5), Path("nowhere"), "adbandit 0.0.1", None)


def test_worlds_and_policies_of_ones_own_take_part() -> None:
    found = simulate({"mine": Shop}, {"even": lambda seed, _: Uniform(seed)}, rounds=20, seeds=1, workers=0)
    assert found.ends().select(RUN).rows() == [("mine", "even", 1)]


def test_what_cannot_be_told_from_others_is_run_each_time(tmp_path: Path) -> None:
    simulate("shop", {"even": lambda seed, _: Uniform(seed)}, rounds=20, seeds=1, workers=0, folder=tmp_path)
    assert not stamps(tmp_path)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"rounds": 0}, "rounds is 0"),
        ({"seeds": 0}, "seeds is 0"),
        ({"seeds": [1, 1]}, "twice"),
        ({"delay": -1}, "delay is -1"),
    ],
)
def test_what_is_out_of_bounds_is_refused(changed: dict[str, object], said: str) -> None:
    with pytest.raises(BadInput, match=said):
        simulate("shop", "uniform", **{"rounds": 5, "seeds": 1, "workers": 0} | changed)


def test_a_name_that_nobody_has_is_refused_with_its_place() -> None:
    with pytest.raises(UnknownName, match=r"#/environments/1: .*mars"):
        simulate(["shop", "mars"], "uniform", rounds=5, workers=0)
    with pytest.raises(UnknownName, match=r"#/policies/0: .*nobody"):
        simulate("shop", "nobody", rounds=5, workers=0)


def test_a_data_set_ends_after_one_pass() -> None:
    pytest.importorskip("sklearn")
    found = simulate("wine", "uniform", rounds=10_000, seeds=1, workers=0, cache=wheels.default_cache())
    assert found.ends().get_column("rounds").to_list() == [178]
