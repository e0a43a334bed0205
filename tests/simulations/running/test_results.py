from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from scipy import stats

from bandit.errors import BadInput
from simulations.running.results import SCHEMA, Results, read, results
from simulations.simulate import simulate


def run(policy: str, seed: int, earned: tuple[float, float], *, oracle: float = 10.0, uniform: float = 2.0):
    """A run of two checkpoints, 10 and 20 rounds; its best and its even draw are told for each 10 rounds."""
    rows = [
        ("w", policy, seed, 10 * n, sums, n * oracle, n * uniform, 1.0 * n, 0, 0.5, 0.25)
        for n, sums in enumerate(earned, start=1)
    ]
    return pl.DataFrame(rows, schema=dict(SCHEMA), orient="row")


@pytest.fixture
def found() -> Results:
    ours = [run("a", seed, (2.0 + seed, 6.0 + seed)) for seed in (1, 2, 3)]
    return results([*ours, *(run("b", seed, (2.0, 4.0 + 2 * seed)) for seed in (1, 2, 3))])


def test_a_mean_has_students_interval_over_seeds(found: Results) -> None:
    row = found.means().row(0, named=True)
    rewards = [7 / 20, 8 / 20, 9 / 20]
    low, high = stats.t.interval(0.95, 2, loc=stats.tmean(rewards), scale=stats.sem(rewards))
    assert (row["policy"], row["rounds"], row["seeds"]) == ("a", 20, 3)
    assert (row["mean"], row["low"], row["high"]) == pytest.approx((0.4, low, high))


def test_one_seed_has_no_bounds() -> None:
    row = results([run("a", 1, (1.0, 2.0))]).means().row(0, named=True)
    assert (row["mean"], row["low"], row["high"]) == (0.1, None, None)


def test_a_difference_is_paired_by_seed(found: Results) -> None:
    row = found.differences("b").filter(pl.col("rounds") == 20).row(0, named=True)
    away = [(6 + seed - 4 - 2 * seed) / 20 for seed in (1, 2, 3)]
    low, high = stats.t.interval(0.95, 2, loc=stats.tmean(away), scale=stats.sem(away))
    assert (row["policy"], row["reference"]) == ("a", "b")
    assert (row["mean"], row["low"], row["high"]) == pytest.approx((stats.tmean(away), low, high))


def test_a_policy_is_not_compared_on_seeds_the_reference_lacks(found: Results) -> None:
    more = results([found.table, run("a", 4, (1.0, 2.0))])
    with pytest.raises(BadInput, match="seed 4, and b has none"):
        more.differences("b")


def test_regret_is_0_for_the_best_and_1_for_an_even_draw() -> None:
    found = results([run("best", 1, (10.0, 20.0)), run("even", 1, (2.0, 4.0))])
    assert found.means("normalised_regret").get_column("mean").to_list() == [0.0, 1.0]
    assert found.means("regret").get_column("mean").to_list() == [0.0, 16.0]


def test_where_all_is_alike_there_is_no_regret_to_tell() -> None:
    found = results([run("a", 1, (2.0, 4.0), oracle=2.0)])
    assert found.means("normalised_regret").get_column("mean").to_list() == [None]


def test_curves_have_every_checkpoint(found: Results) -> None:
    assert found.curves("click_rate").select("policy", "rounds").rows() == [
        ("a", 10), ("a", 20), ("b", 10), ("b", 20)
    ]  # fmt: skip


def test_a_run_that_is_there_twice_is_refused(found: Results) -> None:
    with pytest.raises(BadInput, match="a in w with seed 2 is there twice"):
        results([found.table, run("a", 2, (1.0, 2.0))])


def test_a_measure_that_is_none_is_refused(found: Results) -> None:
    with pytest.raises(BadInput, match="no measure 'fame'"):
        found.curves("fame")


def test_what_is_no_table_of_results_is_refused(tmp_path: Path, found: Results) -> None:
    (tmp_path / "text").write_text("no table")
    found.table.drop("oracle").write_parquet(tmp_path / "lacking")
    for name, said in (("nothing", "no Parquet file"), ("text", "no Parquet file"), ("lacking", "column 'oracle'")):
        with pytest.raises(BadInput, match=said):
            read(tmp_path / name)


def test_the_oracle_of_a_simulation_has_no_regret_and_an_even_draw_has_about_1() -> None:
    found = simulate("shop", ["oracle", "uniform"], rounds=1_000, seeds=2, workers=0)
    best, even = found.means("normalised_regret").get_column("mean").to_list()
    assert best == 0.0
    assert even == pytest.approx(1.0, abs=0.05)
