from __future__ import annotations

import numpy as np

from simulations.environments.table import Table
from simulations.sources.tables import FullFeedback

ROWS = FullFeedback(
    actions=("a", "b"),
    reward=np.array([[1.0, 0.0], [0.25, np.nan], [0.0, 1.0]]),
    context={"n": [0, 1, 2], "user.age": [30, None, 50]},
)


def by_row(world: Table, first: int = 0) -> dict[int, object]:
    """One pass of three rounds, by what the request tells of the row."""
    visits = [world.round(t) for t in range(first, first + 3)]
    return {visit.request["context"]["n"]: visit for visit in visits}


def test_every_pass_shows_each_row_once() -> None:
    assert sorted(by_row(Table(5, ROWS))) == sorted(by_row(Table(5, ROWS), 3)) == [0, 1, 2]


def test_what_every_action_would_have_earned_is_known() -> None:
    visit = by_row(Table(5, ROWS))[2]
    assert visit.candidates == (("a", "main"), ("b", "main"))
    assert visit.click_probability.tolist() == [0.0, 1.0]


def test_an_action_the_row_has_not_is_no_candidate() -> None:
    visit = by_row(Table(5, ROWS))[1]
    assert (visit.candidates, visit.click_probability.tolist()) == ((("a", "main"),), [0.25])
    assert visit.request["templates"] == ["a"]


def test_a_column_with_a_dot_is_told_within_and_an_empty_cell_is_not_told() -> None:
    contexts = {n: visit.request["context"] for n, visit in by_row(Table(5, ROWS)).items()}
    assert contexts == {0: {"n": 0, "user": {"age": 30}}, 1: {"n": 1}, 2: {"n": 2, "user": {"age": 50}}}


def test_a_round_is_the_same_in_any_order() -> None:
    there, back = Table(5, ROWS), Table(5, ROWS)
    requests = [there.round(t).request for t in range(9)]
    assert [back.round(t).request for t in reversed(range(9))] == requests[::-1]
