from __future__ import annotations

import json

import numpy as np
import pytest
from typer.testing import CliRunner

from simulations.adding.cli import app
from simulations.adding.comparing import added, jobs
from simulations.adding.parts import ALL, VARIANTS, Parts
from simulations.adding.playing import Job, Run, play


def run(variant: str, seed: int, *earned: float) -> Run:
    return Run(Job(variant, VARIANTS[variant], seed, len(earned)), np.array(earned))


def both(seed: int, whole: float, without: float) -> list[Run]:
    """A seed in which every variant but the whole earns the same."""
    return [run(name, seed, whole if parts == ALL else without) for name, parts in VARIANTS.items()]


def test_what_a_part_adds_is_the_paired_difference_by_hand() -> None:
    found = added([*both(1, 0.06, 0.04), *both(2, 0.05, 0.04)])[0]
    assert (found.part, found.seeds, found.clicks, found.without) == (
        "profiles",
        2,
        pytest.approx(55),
        pytest.approx(40),
    )
    # Mean 15 and standard error 5 of two differences; Student's t with one degree of freedom is 12.706.
    assert (found.more, found.more_low, found.more_high) == pytest.approx((15.0, 15 - 63.531, 15 + 63.531), abs=1e-3)
    assert found.gain == pytest.approx((0.5 + 0.25) / 2)


def test_one_seed_has_no_interval() -> None:
    assert [(row.more_low, row.gain_high) for row in added(both(1, 0.06, 0.04))] == [(None, None)] * 4


def test_a_seed_counts_once_all_variants_are_done_with_it() -> None:
    assert added([*both(1, 0.06, 0.04), *both(2, 0.05, 0.04)[:-1]])[0].seeds == 1
    assert added(both(1, 0.06, 0.04)[1:]) == []


def test_a_run_is_the_same_each_time_whatever_its_name() -> None:
    earned = [play(Job(name, ALL, 4, 150)).earned.tolist() for name in ("all", "again")]
    assert earned[0] == earned[1]


def test_variants_differ_and_meet_the_same_shoppers() -> None:
    without = play(Job("none", Parts(False, False, False), 4, 150)).earned
    assert not np.array_equal(without, play(Job("all", ALL, 4, 150)).earned)
    assert {job.seed for job in jobs(3, 10)} == {1, 2, 3}
    assert len(jobs(3, 10)) == 3 * len(VARIANTS)


def test_the_command_prints_how_it_stands_after_each_seed() -> None:
    done = CliRunner().invoke(app, ["adds", "--seeds", "2", "--rounds", "30", "--workers", "1", "--lines"])
    assert done.exit_code == 0, done.output
    assert [[row["seeds"] for row in json.loads(line)] for line in done.output.splitlines()] == [[1] * 4, [2] * 4]
