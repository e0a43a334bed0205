"""Any table is read as logged, in batches of any size, or refused with row and column."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from bandit.errors import BadInput
from bandit.estimators.logged import Logged
from simulations.logs import base
from simulations.logs.base import Log
from simulations.logs.table import TableLog
from simulations.logs.table_rows import Named

N = 60
ALL = Named(probabilities="p", decision="visit", slot="place", user="who", time="at", features=("age", "device"))
Change = Callable[[dict[str, list[Any]]], object]


def columns() -> dict[str, list[Any]]:
    """Two slots a visit, three actions."""
    chances = [[0.5, 0.25, 0.25], [0.2, 0.2, 0.6]]
    return {
        "action": ["abc"[i % 3] for i in range(N)],
        "reward": [float(i % 4 == 0) for i in range(N)],
        "propensity": [chances[i % 2][i % 3] for i in range(N)],
        "p": [chances[i % 2] for i in range(N)],
        "visit": [i // 2 for i in range(N)],
        "place": [i % 2 + 1 for i in range(N)],
        "who": [None if i < 2 else f"u{i // 8}" for i in range(N)],
        "at": [f"2024-01-01T00:{i // 2:02}:00Z" for i in range(N)],
        "age": [i % 7 for i in range(N)],
        "device": ["mobile" if i % 3 else "desktop" for i in range(N)],
    }


def parquet(folder: Path, change: Change = lambda rows: None, name: str = "log.parquet") -> Path:
    rows = columns()
    change(rows)
    pl.DataFrame(rows, strict=False).write_parquet(folder / name)
    return folder / name


def csv(folder: Path, change: Change = lambda rows: None) -> Path:
    rows = columns()
    change(rows)
    rows["p"] = [str(chances) for chances in rows["p"]]
    pl.DataFrame(rows, strict=False).write_csv(folder / "log.csv")
    return folder / "log.csv"


def together(log: Log) -> dict[str, list[Any]]:
    """All batches, as lists."""
    parts = [batch.logged for batch in log.batches(features=True)]
    names = ("action", "served", "propensity", "reward", "slot", "decision", "user", "shared")
    found = {name: np.concatenate([getattr(part, name) for part in parts]).tolist() for name in names}
    return found | {"chosen": [name for part in parts for name in _shown(log, part)]}


def _shown(log: Log, part: Logged) -> list[str]:
    return [log.actions[action] for action in part.action[part.chosen]]


@pytest.mark.parametrize("written", [parquet, csv])
def test_rows_become_rounds_with_all_their_candidates(written: Callable[[Path], Path], tmp_path: Path) -> None:
    log = TableLog([written(tmp_path)], ALL)
    found, rows = together(log), columns()
    assert (log.actions, log.rounds, log.slots) == (("a", "b", "c"), N, (1, 2))
    assert (found["chosen"], found["reward"]) == (rows["action"], rows["reward"])
    assert found["served"] == [chance for chances in rows["p"] for chance in chances]
    assert (found["decision"], found["slot"]) == (rows["visit"], [i % 2 for i in range(N)])
    assert found["user"][0] == found["user"][1] == -1
    assert len(set(found["user"])) == 9


def test_a_batch_of_any_size_tells_the_same_and_cuts_no_decision(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = TableLog([parquet(tmp_path)], ALL)
    whole = together(log)
    monkeypatch.setattr(base, "CANDIDATES", 15)
    batches = [batch.logged for batch in log.batches()]
    assert len(batches) > 5
    assert all(batch.n % 2 == 0 for batch in batches)
    assert together(log) == whole


def test_columns_of_actions_and_lists_of_probabilities_are_alike(tmp_path: Path) -> None:
    def spread(rows: dict[str, list[Any]]) -> None:
        for at, name in enumerate("abc"):
            rows[f"p_{name}"] = [chances[at] for chances in rows["p"]]

    path = parquet(tmp_path, spread)
    named = Named(propensity=None, probabilities="p_*")
    one, other = (next(TableLog([path], each).batches()).logged for each in (named, Named(probabilities="p")))
    assert one.served.tolist() == other.served.tolist()  # type: ignore[union-attr]
    assert one.propensity.tolist() == other.propensity.tolist()


def test_candidates_may_differ_from_row_to_row(tmp_path: Path) -> None:
    def offer(rows: dict[str, list[Any]]) -> None:
        rows["offered"] = [["a", "b", "c"] if i % 2 else [name, "d"] for i, name in enumerate(rows["action"])]
        rows["p"] = [[0.5, 0.25, 0.25] if i % 2 else [0.5, 0.5] for i in range(N)]

    log = TableLog([parquet(tmp_path, offer)], Named(propensity=None, probabilities="p", candidates="offered"))
    logged = next(log.batches()).logged
    assert log.actions == ("a", "b", "c", "d")
    assert np.diff(logged.start).tolist() == [2, 3] * (N // 2)
    assert _shown(log, logged) == columns()["action"]


def test_an_even_log_needs_no_propensities(tmp_path: Path) -> None:
    logged = next(TableLog([parquet(tmp_path)], Named(propensity=None), even=True).batches()).logged
    assert set(logged.propensity.tolist()) == set(logged.served.tolist()) == {1 / 3}  # type: ignore[union-attr]


def test_engines_can_go_by_a_table(tmp_path: Path) -> None:
    log = TableLog([parquet(tmp_path)], ALL)
    batch = next(log.batches())
    outcomes = list(log.outcomes(batch))
    shelf = log.shelves(None)(outcomes[0])
    assert [len(outcome.rewards) for outcome in outcomes] == [2] * (N // 2)
    assert (shelf.n, outcomes[3].decision.context) == (6, {"age": 6, "device": "desktop"})
    assert [drawn.positions().tolist() for drawn in outcomes[0].decision.rounds] == [[0, 2, 4], [1, 3, 5]]
    assert next(log.asked(batch)).candidates[1] == {"action": "b"}


def put(column: str, value: Any, row: int = 17) -> Change:
    def change(rows: dict[str, list[Any]]) -> None:
        rows[column][row] = value

    return change


@pytest.mark.parametrize(
    ("change", "where"),
    [
        (put("propensity", 0.0), "#/rows/17/propensity"),
        (put("propensity", 1.5), "#/rows/17/propensity"),
        (put("propensity", None), "#/rows/17/propensity"),
        (put("propensity", float("nan")), "#/rows/17/propensity"),
        (put("propensity", 0.3), "#/rows/17/propensity"),
        (put("p", [0.5, 0.3, 0.3]), "#/rows/17/p"),
        (put("p", [1.25, -0.5, 0.25]), "#/rows/17/p/0"),
        (put("p", [0.5, 0.5]), "#/rows/17/p"),
        (put("reward", float("nan")), "#/rows/17/reward"),
        (put("reward", float("inf")), "#/rows/17/reward"),
        (put("reward", None), "#/rows/17/reward"),
        (put("action", "z"), "#/rows/17/action"),
        (put("at", "2023-01-01T00:00:00Z"), "#/rows/17/at"),
        (put("at", "yesterday"), "#/rows/17/at"),
        (put("place", 1), "#/rows/17/place"),
        (lambda rows: rows.pop("reward"), "#/columns/reward"),
    ],
)
@pytest.mark.parametrize("written", [parquet, csv])
def test_what_no_log_can_hold_is_refused_with_row_and_column(
    written: Callable[[Path, Change], Path], change: Change, where: str, tmp_path: Path
) -> None:
    with pytest.raises(BadInput) as refused:
        list(TableLog([written(tmp_path, change)], ALL, actions=("a", "b", "c")).batches())
    assert refused.value.pointer == where


def test_files_of_unlike_schemas_are_refused(tmp_path: Path) -> None:
    def whole(rows: dict[str, list[Any]]) -> None:
        rows["reward"] = [int(reward) for reward in rows["reward"]]

    with pytest.raises(BadInput, match=r"#/columns/reward: reward is Int64 in b.parquet and Float64 in a.parquet"):
        TableLog([parquet(tmp_path, name="a.parquet"), parquet(tmp_path, whole, "b.parquet")], ALL)


@pytest.mark.parametrize(("name", "text"), [("a.csv", ""), ("a.parquet", "PAR1"), ("a.csv", 'action,reward\n"a,1\n')])
def test_a_file_that_is_not_what_it_seems_is_refused(name: str, text: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(BadInput):
        list(TableLog([tmp_path / name], Named(propensity=None), even=True).batches())


def test_rows_of_several_files_count_on(tmp_path: Path) -> None:
    files = [parquet(tmp_path, name="a.parquet"), parquet(tmp_path, put("reward", float("nan")), "b.parquet")]
    with pytest.raises(BadInput, match=f"#/rows/{N + 17}/reward"):
        list(TableLog(files).batches())
