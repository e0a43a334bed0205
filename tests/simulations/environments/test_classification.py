from __future__ import annotations

import numpy as np
import pytest

from simulations.environments.classification import Classification
from simulations.sources import labelled, wheels
from simulations.sources.labelled import Labelled

ROWS = Labelled(np.arange(12.0).reshape(6, 2), np.array([0, 1, 2, 0, 1, 2]))


def rows_shown(world: Classification, rounds: range) -> list[float]:
    return [world.round(t).request["context"]["f0"] for t in rounds]


def test_every_pass_shows_each_row_once_in_an_order_of_its_own() -> None:
    world = Classification(5, ROWS)
    first, second = rows_shown(world, range(6)), rows_shown(world, range(6, 12))
    assert sorted(first) == sorted(second) == ROWS.features[:, 0].tolist()
    assert first != second


def test_a_round_is_the_same_in_any_order() -> None:
    there, back = Classification(5, ROWS), Classification(5, ROWS)
    assert rows_shown(there, range(12)) == rows_shown(back, range(11, -1, -1))[::-1]


def test_only_the_right_class_is_rewarded() -> None:
    visit = Classification(5, ROWS).round(3)
    label = ROWS.label[ROWS.features[:, 0].tolist().index(visit.request["context"]["f0"])]
    assert [visit.outcome(template, "main").click for template, _ in visit.candidates] == [c == label for c in range(3)]


@pytest.mark.parametrize(("name", "shape", "classes"), [("digits", (1797, 64), 10), ("wine", (178, 13), 3)])
def test_scikit_learn_s_sets_are_read(name: str, shape: tuple[int, int], classes: int) -> None:
    pytest.importorskip("sklearn")
    read = labelled.read(name, wheels.default_cache())
    assert (read.features.shape, read.classes) == (shape, classes)


def test_the_keel_sets_are_read() -> None:
    try:
        wheels.ensure(labelled.KEEL, wheels.default_cache())
    except wheels.Unavailable as fault:
        pytest.skip(str(fault))
    sizes = {name: labelled.read(name, wheels.default_cache()) for name in ("vehicle", "vowel", "segment")}
    assert {name: (*rows.features.shape, rows.classes) for name, rows in sizes.items()} == {
        "vehicle": (846, 18, 4),
        "vowel": (990, 13, 11),
        "segment": (2310, 19, 7),
    }
