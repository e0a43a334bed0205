"""What a policy is told: a config that exists is one that works."""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bandit.config import Baseline, Exploration, Learning, Policy, RewardFormula, gamma, sharpness, vw_arguments
from bandit.errors import BadInput, SnapshotRefused
from bandit.model import Model
from tests.entries import laws

learnings = st.builds(
    Learning,
    cb_type=st.sampled_from(["mtr", "ips"]),
    bits=st.integers(10, 12),
    learning_rate=st.floats(1e-6, 100.0),
    power_t=st.floats(0.0, 1.0),
    interactions=st.lists(st.text("UCAP", min_size=2, max_size=3), max_size=4).map(tuple),
    ignore_linear=st.text("UCAP", max_size=4),
)


@laws(40)
@given(learnings)
def test_every_learning_config_makes_a_model_that_saves_and_loads(learning: Learning) -> None:
    saved = Model.fresh(learning).save()
    assert Model.load(saved, _sha256(saved), learning).save() == saved


@laws(100)
@given(learnings)
def test_a_config_read_back_is_the_same_bytes(learning: Learning) -> None:
    stored = msgspec.json.encode(learning)
    assert msgspec.json.encode(msgspec.json.decode(stored, type=Learning)) == stored


def test_the_order_in_which_a_config_is_written_does_not_matter() -> None:
    one, other = b'{"bits": 12, "learning_rate": 1}', b'{"learning_rate": 1.0, "bits": 12}'
    assert msgspec.json.decode(one, type=Learning) == msgspec.json.decode(other, type=Learning)


def test_a_model_is_refused_with_the_arguments_of_another_config() -> None:
    saved = Model.fresh(Learning(bits=10)).save()
    with pytest.raises(SnapshotRefused):
        Model.load(saved, _sha256(saved), Learning(bits=10, interactions=("UA",)))


@laws(100)
@given(st.integers(0, 10**9), st.integers(0, 10**9), st.floats(0.001, 1e9), st.floats(0, 1))
def test_exploration_never_grows_as_more_is_learned(a: int, b: int, scale: float, exponent: float) -> None:
    exploration = Exploration(gamma_scale=scale, gamma_exponent=exponent)
    assert 0 < gamma(exploration, min(a, b)) <= gamma(exploration, max(a, b))
    exploration = Exploration(softmax_lambda=min(scale, 1e6), softmax_exponent=exponent)
    assert 0 < sharpness(exploration, min(a, b)) <= sharpness(exploration, max(a, b))


def test_a_negative_count_of_outcomes_is_refused() -> None:
    with pytest.raises(BadInput):
        gamma(Exploration(), -1)
    with pytest.raises(BadInput):
        sharpness(Exploration(), -1)


def test_both_terms_and_values_reach_vw_as_written() -> None:
    words = vw_arguments(Learning(interactions=("UA", "CAP"), ignore_linear="UC", learning_rate=0.1))
    assert words[-9:] == [
        "--ignore_linear", "U", "--ignore_linear", "C", "--interactions", "UA", "--interactions", "CAP", "--noconstant"
    ]  # fmt: skip
    assert words[words.index("--learning_rate") + 1] == "0.1"


def test_nothing_that_makes_resuming_inexact_can_be_asked_for() -> None:
    assert "--preserve_performance_counters" in vw_arguments(Learning())
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(b'{"cb_type": "dr"}', type=Learning)


@pytest.mark.parametrize(
    "fields",
    [
        {"id": ""},
        {"id": "x" * 65},
        {"id": "a", "horizon_s": 0},
        {"id": "a", "horizon_s": 1e308},
        {"id": "a", "horizon_s": "600"},
        {"id": "a", "horizon": 600},
        {"id": "a", "currency": "eur"},
        {"id": "a", "exploration": {"min_probability": 0.6}},
        {"id": "a", "exploration": {"kind": "thompson"}},
        {"id": "a", "learning": {"interactions": ["UA --daemon"]}},
        {"id": "a", "learning": {"interactions": ["UA\n"]}},
        {"id": "a", "learning": {"bits": 40}},
        {"id": "a", "learning": {"replay": {"buffer": 0}}},
        {"id": "a", "learning": {"propensity_floor": 0}},
        {"id": "a", "reward": {"minimum": 1.0, "maximum": 1.0}},
        {"id": "a", "reward": {"click": 1001}},
        {"id": "a", "holdout": {"share": 1.01}},
        {"id": "a", "holdout": {"baseline": {"kind": "fixed"}}},
        {"id": "a", "holdout": {"baseline": {"template": "t"}}},
    ],
)
def test_a_policy_out_of_bounds_is_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(msgspec.json.encode(fields), type=Policy)


@pytest.mark.parametrize("number", [b"NaN", b"Infinity", b"1e999"])
def test_no_number_that_is_not_finite_can_be_written(number: bytes) -> None:
    with pytest.raises(msgspec.DecodeError):
        msgspec.json.decode(b'{"maximum": ' + number + b"}", type=RewardFormula)


def test_only_a_fixed_baseline_names_a_template() -> None:
    assert Baseline(kind="fixed", template="t").placement is None


def _sha256(saved: bytes) -> str:
    return hashlib.sha256(saved).hexdigest()
