"""Which rounds a reward model is told of, and some rounds out of many."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np

from bandit.arrays import Doubles
from bandit.errors import BadInput
from bandit.estimators.logged import Indices, Logged
from bandit.estimators.rows import all_as

PLACES = 256  # a page has far fewer; a slot beyond is a mistake that would ask for a table of its size


class Seen(NamedTuple):
    """What was shown and what it earned: all that a reward model learns from."""

    action: Indices  # [n] of the chosen candidate
    slot: Indices  # [n]
    shared: Doubles  # [n, d]
    reward: Doubles  # [n]


def seen(logged: Logged, actions: int, features: int) -> Seen:
    """The chosen candidates' columns, as kernels take them.

    Raises BadInput if batches of one log differ in schema, or for a slot no page has.
    """
    alike(logged, actions, features)
    all_as(f"is below {PLACES}", logged.slot < PLACES, "slot", logged.slot)
    return Seen(
        np.ascontiguousarray(logged.action[logged.chosen], np.int64),
        np.ascontiguousarray(logged.slot, np.int64),
        np.ascontiguousarray(logged.shared, np.float64),
        np.ascontiguousarray(logged.reward, np.float64),
    )


def alike(logged: Logged, actions: int, features: int) -> None:
    """Nothing if a log's rounds have so many actions and features. Raises BadInput if not."""
    if logged.actions != actions:
        raise BadInput("#/actions", "bound", f"actions is {logged.actions} after rounds of {actions}; it is one number")
    if logged.shared.shape[1] != features:
        raise BadInput(
            "#/shared", "bound", f"{logged.shared.shape[1]} features after rounds with {features}; no change"
        )


def only(logged: Logged, rounds: Indices) -> Logged:
    """Some of the rounds, rising, with all of their candidates."""
    start, candidate = _candidates(logged, rounds)
    moved = logged.start[rounds] - start[:-1]
    return replace(
        logged,
        start=start,
        action=logged.action[candidate],
        served=None if logged.served is None else logged.served[candidate],
        chosen=logged.chosen[rounds] - moved,
        propensity=logged.propensity[rounds],
        reward=logged.reward[rounds],
        slot=logged.slot[rounds],
        decision=logged.decision[rounds],
        shared=logged.shared[rounds],
        user=None if logged.user is None else logged.user[rounds],
    )


def candidates(logged: Logged, rounds: Indices) -> Indices:
    """Places in `action` of the candidates of `only` these rounds."""
    return _candidates(logged, rounds)[1]


def _candidates(logged: Logged, rounds: Indices) -> tuple[Indices, Indices]:
    length = np.diff(logged.start)[rounds]
    start = np.concatenate([[0], np.cumsum(length)])
    return start, np.arange(start[-1]) + np.repeat(logged.start[rounds] - start[:-1], length)
