"""Estimates are the known ones, whatever the target is told as; what a log cannot answer is refused."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from bandit.errors import BadInput
from simulations.evaluation.evaluate import evaluate
from simulations.evaluation.evaluated import flat, unflat
from simulations.evaluation.options import Options
from simulations.evaluation.selecting import select_among
from simulations.evaluation.targets.function import Called
from simulations.logs import base
from simulations.logs.table import TableLog
from simulations.logs.table_rows import Named

TIMES = 40  # each of four requests comes; actions are shown exactly as often as their probabilities say
SERVED = [[0.5, 0.5], [0.75, 0.25], [0.8, 0.2], [0.8, 0.2]]
TARGET = [[0.25, 0.75], [0.5, 0.5], [0.4, 0.6], [0.4, 0.6]]
EARNED = [[1.0, 0.0], [0.0, 1.0], [1.0, 1.0], [0.0, 1.0]]
TRUTH = 0.5875  # the mean over requests of target @ earned
QUICK: dict[str, Any] = {"reward_model": None, "interval": "normal"}


def shown() -> list[tuple[int, int]]:
    """(request, action) of every round, well mixed."""
    rounds = [(x, action) for x, p in enumerate(SERVED) for action in (0, 1) for _ in range(round(p[action] * TIMES))]
    return [rounds[i] for i in np.random.default_rng(1).permutation(len(rounds))]


def canonical(folder: Path) -> TableLog:
    """A log of two actions in which nothing is left to chance."""
    rows = {
        "action": [str(action) for _, action in shown()],
        "reward": [EARNED[x][action] for x, action in shown()],
        "p": [SERVED[x] for x, _ in shown()],
        "target": [TARGET[x] for x, _ in shown()],
        "which": [x for x, _ in shown()],
    }
    pl.DataFrame(rows).write_parquet(folder / "log.parquet")
    return TableLog([folder / "log.parquet"], Named(propensity=None, probabilities="p", features=("which",)))


def by_function(context: Mapping[str, Any], candidates: Sequence[Mapping[str, Any]]) -> list[float]:
    assert [candidate["action"] for candidate in candidates] == ["0", "1"]
    return TARGET[context["which"]]


def test_known_answers_come_out_of_a_table(tmp_path: Path) -> None:
    found = evaluate(canonical(tmp_path), "column:target", **QUICK)
    assert found.estimates["ips"].value == found.estimates["snips"].value == pytest.approx(TRUTH)
    assert (found.mean_weight, found.max_weight) == (pytest.approx(1.0), pytest.approx(3.0))
    squares = np.mean([t * t / s for ts, ss in zip(TARGET, SERVED, strict=True) for t, s in zip(ts, ss, strict=True)])
    assert found.ess == pytest.approx(4 * TIMES / (2 * squares))


def test_a_target_is_the_same_however_it_is_told(tmp_path: Path) -> None:
    log = canonical(tmp_path)
    pl.DataFrame({"probabilities": [TARGET[x] for x, _ in shown()]}).write_parquet(tmp_path / "target.parquet")
    targets = ["column:target", str(tmp_path / "target.parquet"), by_function]
    found = [evaluate(log, target, reward_model="means").estimates for target in targets]
    assert found[0] == found[1] == found[2]
    assert {"ips", "dm", "dr", "sndr", "switch_dr", "dros", "mrdr", "sg_dr", "replay"} <= set(found[0])


def test_what_served_the_log_earns_the_logs_mean_and_weighs_nothing(tmp_path: Path) -> None:
    found = evaluate(canonical(tmp_path), "logged", **QUICK)
    assert found.estimates["ips"].value == found.logged.value == 0.4875
    assert (found.mean_weight, found.max_weight, found.ess) == (1.0, 1.0, 4 * TIMES)


def test_batches_of_any_size_tell_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = canonical(tmp_path)
    whole = evaluate(log, "uniform")
    monkeypatch.setattr(base, "CANDIDATES", 90)
    parts = evaluate(log, "uniform")
    assert parts.estimates.keys() == whole.estimates.keys()
    for name, estimate in parts.estimates.items():
        assert estimate.value == pytest.approx(whole.estimates[name].value, rel=1e-12)


def test_a_target_without_support_gets_no_number(tmp_path: Path) -> None:
    rows = {"action": ["a", "b"] * 500, "reward": [0.0, 1.0] * 500, "p": [[0.5, 0.5, 0.0]] * 1000}
    pl.DataFrame(rows).write_parquet(tmp_path / "log.parquet")
    log = TableLog([tmp_path / "log.parquet"], Named(propensity=None, probabilities="p"), actions=("a", "b", "c"))
    found = evaluate(log, "uniform", **QUICK)
    assert (found.verdict, found.unsupported_mass) == ("refused", pytest.approx(1 / 3))
    assert {estimate.value for estimate in found.estimates.values()} == {None}
    assert unflat(flat(found)) == found


def test_the_last_part_of_a_log_can_be_held_out(tmp_path: Path) -> None:
    found = evaluate(canonical(tmp_path), "uniform", last=0.25, **QUICK)
    assert found.rounds == TIMES


def test_rewards_with_known_bounds_have_intervals_that_hold_for_any_number_of_rounds(tmp_path: Path) -> None:
    log = canonical(tmp_path)
    for method in ("empirical_bernstein", "hoeffding", "betting", "empirical_likelihood", "sequence"):
        found = evaluate(log, "uniform", estimators=["ips"], reward_model=None, interval=method).estimates["ips"]
        assert found.method == method
        assert found.low < found.value < found.high  # type: ignore[operator]


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("nobody", "is no target"),
        ("fixed:7", "none of the log's actions: 0, 1"),
        ("model", "this is no archive"),
        ("column:missing", "missing"),
        ("no_such_module:function", "cannot be had"),
    ],
)
def test_a_target_that_there_is_not_is_refused(target: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=said):
        evaluate(canonical(tmp_path), target, **QUICK)


def test_a_function_that_gives_no_probabilities_is_refused_with_its_row(tmp_path: Path) -> None:
    def odd(context: Mapping[str, Any], candidates: Sequence[Mapping[str, Any]]) -> list[float]:
        return [0.5, 0.6] if context["which"] == 3 else [0.5, 0.5]

    with pytest.raises(BadInput, match=f"#/rows/{[x for x, _ in shown()].index(3)}/target"):
        evaluate(canonical(tmp_path), odd, **QUICK)


def test_a_table_of_probabilities_that_ends_too_soon_is_refused(tmp_path: Path) -> None:
    log = canonical(tmp_path)
    pl.DataFrame({"probabilities": TARGET}).write_parquet(tmp_path / "short.parquet")
    with pytest.raises(BadInput, match=r"#/rows/4: .* ends before the log does"):
        evaluate(log, str(tmp_path / "short.parquet"), **QUICK)


def sure(best: int) -> Called:
    """Shows one action nine times out of ten."""
    return Called(lambda context, candidates: np.where(np.arange(2) == best, 0.9, 0.1).tolist(), f"sure of {best}")


def even(folder: Path, earned: tuple[float, float]) -> TableLog:
    """An even log whose actions earn so much on average."""
    chance = np.random.default_rng(1)
    shown = chance.integers(0, 2, 2_000)
    reward = (chance.random(2_000) < np.array(earned)[shown]).astype(float)
    pl.DataFrame({"action": shown, "reward": reward}).write_parquet(folder / "even.parquet")
    return TableLog([folder / "even.parquet"], Named(propensity=None), even=True)


def test_the_better_of_two_policies_is_found(tmp_path: Path) -> None:
    found = select_among(even(tmp_path, (0.2, 0.5)), [sure(0), sure(1)], Options())
    assert (found.winner, found.compared[0].name) == ("sure of 1", "sure of 1")
    assert found.gain is not None
    assert found.gain.low < 0.12 < found.gain.high


def test_of_policies_that_are_no_better_none_is_chosen(tmp_path: Path) -> None:
    assert select_among(even(tmp_path, (0.4, 0.4)), [sure(0), sure(1)], Options()).winner is None
