"""How sure the lift is: an interval that covers the truth as often as it says."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bandit.arrays import Doubles
from bandit.errors import BadInput
from bandit.intervals.lift import lift
from tests.entries import laws

BUCKETS = 64
buckets = st.lists(st.tuples(st.integers(-40, 60), st.integers(0, 500)), min_size=2, max_size=8)
arms = buckets.map(lambda drawn: (np.array(drawn)[:, 0] / 8, np.array(drawn)[:, 1].astype(float)))


def an_arm(chance: np.random.Generator, users: int, rate: float) -> tuple[Doubles, Doubles]:
    """One arm's clicks and slots in 64 buckets; users differ in how much they see and how gladly they click."""
    bucket = chance.integers(0, BUCKETS, users)
    slots = 1 + chance.geometric(0.1, users)
    keen = chance.beta(2 * rate, 2 * (1 - rate), users)  # the clicks of one user hang together
    clicks = chance.binomial(slots, keen)
    return np.bincount(bucket, clicks, BUCKETS), np.bincount(bucket, slots, BUCKETS)


@pytest.mark.parametrize(("learned", "holdout"), [(0.06, 0.05), (0.05, 0.05), (0.3, 0.2)])
def test_a_95_percent_interval_covers_the_true_lift_in_92_to_98_percent_of_runs(learned: float, holdout: float) -> None:
    covered = 0
    for seed in range(400):
        chance = np.random.default_rng(seed)
        found = lift(an_arm(chance, 3_000, learned), an_arm(chance, 800, holdout))
        assert found
        covered += found.low <= learned / holdout - 1 <= found.high
    assert 0.92 <= covered / 400 <= 0.98


def test_rounds_taken_for_independent_would_cover_far_less() -> None:
    covered = 0
    for seed in range(400):
        clicks, slots = (part.sum() for part in an_arm(np.random.default_rng(seed), 800, 0.05))
        rate = clicks / slots
        covered += abs(rate - 0.05) <= 1.96 * math.sqrt(rate * (1 - rate) / slots)
    assert covered / 400 < 0.85  # so the simulation above is one that can fail


@laws(200)
@given(arms, arms, st.floats(0.01, 0.999))
@example((np.array([5.0, -4.99]), np.array([9.0, 9.0])), (np.array([5.0, 5.0]), np.array([9.0, 9.0])), 0.95)
def test_an_interval_is_finite_above_minus_one_and_holds_its_value(
    treated: tuple[Doubles, Doubles], control: tuple[Doubles, Doubles], level: float
) -> None:
    found = lift(treated, control, level=level)
    if found is not None:
        assert -1.0 <= found.low <= found.value <= found.high < math.inf


@laws(200)
@given(st.integers(0, 1000), st.floats(0.1, 10))
def test_it_does_not_depend_on_the_unit_of_reward(seed: int, unit: float) -> None:
    chance = np.random.default_rng(seed)
    (clicks, slots), control = an_arm(chance, 500, 0.1), an_arm(chance, 500, 0.08)
    assert lift((clicks * unit, slots), (control[0] * unit, control[1])) == pytest.approx(
        lift((clicks, slots), control)
    )


def test_buckets_without_slots_say_nothing() -> None:
    slots, rewards = np.full(8, 100.0), np.arange(4.0, 12.0)
    padded = np.append(rewards, [0, 0]), np.append(slots, [0, 0])
    assert lift((rewards, slots), (rewards, slots)) == lift(padded, padded)


def test_a_higher_level_is_a_wider_interval() -> None:
    arm = an_arm(np.random.default_rng(1), 500, 0.1)
    narrow, wide = (lift(arm, arm, level=level) for level in (0.5, 0.99))
    assert narrow
    assert wide
    assert wide.low < narrow.low < 0 < narrow.high < wide.high


@pytest.mark.parametrize(
    ("rewards", "slots"),
    [([0.0, 0.0], [5.0, 5.0]), ([3.0, 0.0], [5.0, 0.0]), ([], []), ([-1.0, 0.5], [5.0, 5.0])],
)
def test_nothing_is_said_where_nothing_can_be(rewards: list[float], slots: list[float]) -> None:
    arm = an_arm(np.random.default_rng(1), 500, 0.1)
    poor = np.array(rewards), np.array(slots)
    assert lift(poor, arm) is None
    assert lift(arm, poor) is None


@pytest.mark.parametrize("level", [0.0, 1.0, -0.1, 95.0, math.nan])
def test_a_level_that_is_no_share_is_refused(level: float) -> None:
    arm = an_arm(np.random.default_rng(1), 500, 0.1)
    with pytest.raises(BadInput):
        lift(arm, arm, level=level)
