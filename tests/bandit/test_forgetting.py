"""Forgetting follows the times of the log, fades by half in a half-life, and survives restarts to the byte."""

from __future__ import annotations

import random

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from bandit.config import Learning, Replay
from bandit.errors import BadInput
from bandit.forgetting import HOUR_S, STEPS, Fading
from bandit.model import Example, Model
from tests.bandit.test_fold import interrupted, uninterrupted
from tests.bandit.worlds import examples, learned, restarted
from tests.entries import LEARNING, START_S, Log, laws, logs

HALF_LIFE_H = 0.01  # 36 s
FORGETS = Learning(bits=12, half_life_h=HALF_LIFE_H, replay=Replay(depth=2, buffer=16))


def _timed(n: int, pace_s: float) -> list[Example]:
    """Outcomes whose times run on, with steps back."""
    rng = np.random.default_rng(n)
    return [replace(e, time=START_S + pace_s * (i - 9 * rng.random())) for i, e in enumerate(examples(3, n))]


@laws(30)
@given(st.lists(st.floats(0.0, 40.0), min_size=1, max_size=200), st.sampled_from([0.01, 1.0, 24.0]))
def test_a_weight_is_halved_over_a_half_life_however_the_outcomes_are_spread(waits: list[float], half_life_h: float):
    fading, weights, time = Fading(half_life_h), np.ones(3, np.float32), START_S
    fading.fade(weights, time)
    for wait in waits:
        time += wait / 3_600.0 * half_life_h * HOUR_S
        fading.fade(weights, time)
    wanted = 2.0 ** (-(time - START_S) / (half_life_h * HOUR_S))
    assert weights == pytest.approx(wanted, rel=1.5 * np.log(2.0) / STEPS)


@laws(30)
@given(st.lists(st.floats(0.0, 1e9), min_size=1), st.integers(0))
def test_times_that_step_back_fade_nothing(times: list[float], cut: int):
    fading, weights = Fading(1.0), np.ones(3, np.float32)
    for time in times:
        fading.fade(weights, time)
    before = weights.copy()
    for time in times[cut % len(times) :]:
        fading.fade(weights, time)
    assert np.array_equal(weights, before)


def test_without_a_half_life_times_change_nothing():
    learning = msgspec.structs.replace(FORGETS, half_life_h=None)
    outcomes = _timed(40, 50.0)
    untimed = [replace(example, time=0.0) for example in outcomes]
    assert learned(learning, outcomes).save() == learned(learning, untimed).save()


def test_what_is_long_ago_is_forgotten_whole():
    outcomes = _timed(40, 1.0)
    model = learned(FORGETS, outcomes)
    assert np.count_nonzero(model.weights()) > 50
    model.learn(replace(examples(3, 1, most=1)[0], time=START_S + 1e6, cost=0.0), b"0")
    assert np.count_nonzero(model.weights()) < 50


@laws(15)
@given(st.lists(st.integers(0, 80), max_size=4), st.sampled_from([0.1, 5.0, 200.0]))
def test_stopping_anywhere_changes_no_byte_of_what_is_learned(stops: list[int], pace_s: float):
    outcomes = _timed(80, pace_s)
    model, start = Model.fresh(FORGETS), 0
    for stop in sorted(stops):
        model = restarted(learned(FORGETS, outcomes[start:stop], start, model), FORGETS, outcomes[:stop])
        start = stop
    assert learned(FORGETS, outcomes[start:], start, model).save() == learned(FORGETS, outcomes).save()


@laws(25)
@given(logs(most=80), st.randoms(use_true_random=False))
def test_a_learner_killed_at_any_moment_forgets_the_same(log: Log, chance: random.Random):
    learning = msgspec.structs.replace(LEARNING, half_life_h=HALF_LIFE_H)
    assert interrupted(log, chance, (0.3, 0.5, 0.05), learning) == uninterrupted(log, learning)


@pytest.mark.parametrize("other", [{"l1": 1e-6}, {"vw_args": ["--coin"]}, {"vw_args": ["--ftrl"]}])
def test_a_half_life_is_refused_where_the_table_does_not_hold_the_weights(other: dict):
    with pytest.raises(msgspec.ValidationError, match="half_life_h"):
        msgspec.convert({"half_life_h": 24.0, **other}, Learning)


@pytest.mark.parametrize("time", [float("nan"), float("inf"), 1e300])
def test_a_time_beyond_all_bounds_is_refused_and_forgets_nothing(time: float):
    model = learned(FORGETS, _timed(20, 1.0))
    before = model.save()
    with pytest.raises(BadInput):
        model.learn(replace(examples(3, 1)[0], time=time), b"0")
    assert model.save() == before
