"""The shortest form of `make chaos`: one service, one fault of each kind that other tests here do not have."""

from __future__ import annotations

import importlib
import random
from functools import reduce

import pytest

from tests.chaos.faults import FAULTS, POINTS
from tests.chaos.lane import trials
from tests.chaos.run import sessions
from tests.chaos.stage import staged

SHORT = (
    "kill: between commit and publish",
    "redis lost its last second",
    "clock an hour forward, and back",
)


def test_one_fault_of_each_kind_violates_nothing() -> None:
    faults = [fault for fault in FAULTS if fault.name in SHORT]
    with staged(7, POINTS, own_server=True) as stage:
        done = list(trials(stage, faults, seed=7))
    assert [(trial.fault, trial.violations) for trial in done] == [(fault.name, []) for fault in faults]


@pytest.mark.parametrize("point", POINTS)
def test_every_point_is_in_the_code(point: str) -> None:
    module, _, path = point.partition(":")
    assert callable(reduce(getattr, path.split("."), importlib.import_module(module)))


def test_a_round_of_sessions_has_every_fault_once() -> None:
    wanted, found = sorted(fault.name for fault in FAULTS), []
    rounds = sessions(random.randrange(1_000), FAULTS)
    while len(found) < len(wanted):
        found += [fault.name for fault in next(rounds).faults]
    assert sorted(found) == wanted
