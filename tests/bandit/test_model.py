"""The model learns what stock Vowpal Wabbit learns, and goes on after a restart as if there had been none."""

import hashlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from vowpal_wabbit_next import DSJsonFormatParser, Workspace

from bandit.config import Learning, Replay, vw_arguments
from bandit.errors import BadInput, SnapshotRefused
from bandit.features import EMPTY, Vector, hash_features
from bandit.model import COST_LIMIT, HEADER, MAGIC, Example, Model
from tests.bandit.stock_vw import dsjson
from tests.bandit.worlds import examples, key, learned, restarted

ONCE = Replay(depth=0)
OFTEN = Replay(depth=3, full_until=20, least=1, buffer=16)


def _named(rng: np.random.Generator) -> tuple:
    """Named features of one outcome, its candidates and (chosen, cost, propensity)."""
    shared = (
        {"age": int(rng.integers(0, 3)), "vip": bool(rng.integers(2))},
        {"hour": float(rng.random()), "tags": ["a", "b c"][: rng.integers(3)]},
    )
    ads = [{"id": f"t{i}", "price": float(i)} for i in rng.integers(0, 5, int(rng.integers(1, 9)))]
    actions = [(ad, {"id": f"p{rng.integers(3)}"} if rng.random() < 0.9 else {}) for ad in ads]
    return shared, actions, (int(rng.integers(len(actions))), float(rng.integers(-1, 1)), float(rng.uniform(0.1, 1.0)))


def _example(shared: tuple, actions: list, label: tuple) -> Example:
    return Example(
        user=hash_features("User", shared[0]),
        context=hash_features("Context", shared[1]),
        ads=[hash_features("Ad", ad) for ad, _ in actions],
        placements=[hash_features("Placement", place) for _, place in actions],
        chosen=label[0],
        cost=label[1],
        propensity=label[2],
    )


@pytest.mark.parametrize("cb_type", ["mtr", "ips"])
@pytest.mark.parametrize("interactions", [Learning().interactions, ("UCA", "AA", "PA", "CAP")])
def test_stock_vw_reading_the_same_outcomes_as_dsjson_learns_the_same_weights(cb_type, interactions):
    learning = Learning(cb_type=cb_type, interactions=interactions, bits=14, propensity_floor=0.1, replay=ONCE)
    model, stock = Model.fresh(learning), Workspace(vw_arguments(learning))
    parser, rng = DSJsonFormatParser(stock), np.random.default_rng(11)
    for i in range(400):
        outcome = _named(rng)
        model.learn(_example(*outcome), key(i))
        stock.learn_one(parser.parse_json(dsjson(*outcome)))
    assert np.count_nonzero(model.weights()) > 50
    assert np.array_equal(model.weights(), stock.weights()[:, 0, 0])


@pytest.mark.parametrize("cb_type", ["mtr", "ips"])
@settings(max_examples=15)
@given(stops=st.lists(st.integers(0, 120), max_size=4))
def test_stopping_anywhere_changes_no_byte_of_what_is_learned(cb_type, stops):
    learning = Learning(bits=12, cb_type=cb_type, replay=OFTEN)
    outcomes = examples(3, 120)
    model, start = Model.fresh(learning), 0
    for stop in sorted(stops):
        model = restarted(learned(learning, outcomes[start:stop], start, model), learning, outcomes[:stop])
        start = stop
    assert learned(learning, outcomes[start:], start, model).save() == learned(learning, outcomes).save()


@pytest.mark.parametrize("power_t", [0.0, 0.4999, 1.0])
def test_a_restart_is_exact_for_other_learning_options_too(power_t):
    learning = Learning(
        bits=16, power_t=power_t, learning_rate=2.0, interactions=("UCA", "AA"), ignore_linear="", replay=OFTEN
    )
    outcomes = examples(5, 200)
    model = restarted(learned(learning, outcomes[:77]), learning, outcomes[:77])
    assert learned(learning, outcomes[77:], 77, model).save() == learned(learning, outcomes).save()


def test_replay_changes_what_is_learned_and_another_key_draws_others():
    outcomes, learning = examples(3, 60), Learning(bits=12, replay=OFTEN)
    replayed, other = learned(learning, outcomes), learned(learning, outcomes, start=1)
    once = learned(Learning(bits=12, replay=ONCE), outcomes)
    assert len({model.weights().tobytes() for model in (replayed, other, once)}) == 3
    assert replayed.learned == once.learned == 60


def test_a_loaded_model_says_how_many_outcomes_it_must_be_given_again():
    learning, outcomes = Learning(bits=12, replay=OFTEN), examples(3, 30)
    saved = learned(learning, outcomes).save()
    model = Model.load(saved, hashlib.sha256(saved).hexdigest(), learning)
    assert (model.learned, model.forgotten) == (30, 16)
    model.remember(outcomes[-1])
    assert model.forgotten == 15


def test_weights_are_a_view_that_follows_learning_and_cannot_be_written():
    model = Model.fresh(Learning(bits=12))
    weights = model.weights()
    assert weights.shape == (2**12,)
    assert not weights.any()
    model.learn(examples(3, 1, most=1)[0], b"0")
    assert np.shares_memory(weights, model.weights())
    with pytest.raises(ValueError, match="read-only"):
        weights[0] = 1.0


def test_a_label_is_given_at_least_the_propensity_floor():
    learning, outcomes = Learning(bits=12, propensity_floor=0.2, replay=ONCE), examples(3, 40)
    low = learned(learning, [replace(example, propensity=1e-9) for example in outcomes])
    floored = learned(learning, [replace(example, propensity=0.2) for example in outcomes])
    assert low.save() == floored.save()


def test_a_cost_is_clamped():
    learning, outcomes = Learning(bits=12, replay=ONCE), examples(3, 40)
    huge = learned(learning, [replace(example, cost=-1e30) for example in outcomes])
    assert huge.save() == learned(learning, [replace(example, cost=-COST_LIMIT) for example in outcomes]).save()


def test_stock_vw_loads_what_the_model_exports():
    learning = Learning(bits=12)
    model = learned(learning, examples(3, 40))
    stock = Workspace(["--quiet"], model_data=model.vw_model())
    assert np.array_equal(stock.weights()[:, 0, 0], model.weights())


@pytest.mark.parametrize("filled", [1, 2, 1_000])
def test_how_many_examples_stay_filled_changes_nothing(monkeypatch, filled):
    learning = Learning(bits=12, replay=Replay(buffer=64))
    outcomes = examples(3, 40) * 3
    expected = learned(learning, outcomes).save()
    monkeypatch.setattr("bandit.model.FILLED", filled)
    assert learned(learning, outcomes).save() == expected


def _bad_vector(value: float) -> Vector:
    return Vector(np.ones(1, np.uint32), np.array([value], np.float32))


@pytest.mark.parametrize(
    "poison",
    [
        {"cost": float("nan")},
        {"cost": float("inf")},
        {"propensity": 0.0},
        {"propensity": -0.5},
        {"propensity": 1.5},
        {"propensity": float("nan")},
        {"chosen": -1},
        {"chosen": 99},
        {"ads": []},
        {"placements": [EMPTY]},
        {"user": _bad_vector(float("nan"))},
        {"context": _bad_vector(float("inf"))},
        {"context": _bad_vector(2e6)},
        {"user": Vector(np.ones(2, np.uint32), np.ones(1, np.float32))},
        {"user": Vector(np.ones(1, np.uint64), np.ones(1, np.float32))},
        {"user": Vector(np.ones(1, np.uint32), np.ones(1, np.float64))},
    ],
    ids=lambda poison: next(iter(poison)),
)
@pytest.mark.parametrize("cb_type", ["mtr", "ips"])
def test_poison_is_refused_and_leaves_the_model_as_it_was(poison, cb_type):
    learning = Learning(bits=12, cb_type=cb_type)
    outcomes = [example for example in examples(3, 40) if len(example.ads) > 1]
    model = learned(learning, outcomes)
    before = model.save()
    for attempt in (lambda e: model.learn(e, b"0"), model.remember):
        with pytest.raises(BadInput):
            attempt(replace(outcomes[0], **poison))
    assert model.save() == before
    assert (
        learned(learning, outcomes, 50, model).save()
        == learned(learning, outcomes, 50, learned(learning, outcomes)).save()
    )


@pytest.mark.parametrize("value", [1e6, -1e6, 1e-30, 1e-44])
def test_the_largest_and_smallest_values_allowed_leave_finite_weights(value):
    rng = np.random.default_rng(0)
    learning = Learning(
        bits=12, learning_rate=100.0, propensity_floor=1e-3, interactions=("UA", "UCA", "AAA"), ignore_linear=""
    )
    odd = [
        Vector(rng.integers(0, 99, 3).astype(np.uint32), rng.choice([value, 1.0], 3).astype(np.float32))
        for _ in range(9)
    ]
    outcomes = [
        Example(odd[i % 9], odd[i % 7], [odd[i % 5]], [odd[i % 4]], 0, float(rng.choice([-1e3, 1e3])), 1e-3)
        for i in range(500)
    ]
    learned(learning, outcomes).check()


def _saved() -> tuple[bytes, Learning]:
    learning = Learning(bits=12)
    return learned(learning, examples(3, 40)).save(), learning


def _load(saved: bytes, learning: Learning) -> Model:
    return Model.load(saved, hashlib.sha256(saved).hexdigest(), learning)


def test_bytes_that_are_not_those_of_the_checksum_are_refused():
    saved, learning = _saved()
    with pytest.raises(SnapshotRefused, match="checksum"):
        Model.load(saved[:-1] + b"\0", hashlib.sha256(saved).hexdigest(), learning)


@pytest.mark.parametrize("part", [0.0, 0.01, 0.3, 0.5, 0.9, 0.999])
def test_a_truncated_model_is_refused_even_under_its_own_checksum(part):
    saved, learning = _saved()
    with pytest.raises(SnapshotRefused):
        _load(saved[: int(part * len(saved))], learning)


@pytest.mark.parametrize("other", [{"bits": 13}, {"interactions": ("UA",)}, {"ignore_linear": "A"}])
def test_a_model_of_other_learning_options_is_refused(other):
    saved, _ = _saved()
    with pytest.raises(SnapshotRefused):
        _load(saved, Learning(**({"bits": 12} | other)))


@pytest.mark.parametrize("weight", [float("nan"), float("inf"), -float("inf")])
def test_a_model_with_a_weight_that_is_not_finite_is_refused(weight):
    _, learning = _saved()
    workspace = Workspace(vw_arguments(learning))
    workspace.weights()[5, 0, 0] = weight
    with pytest.raises(SnapshotRefused, match="finite"):
        _load(HEADER.pack(MAGIC, 0, 0, 0.0, 0) + workspace.serialize(), learning)
