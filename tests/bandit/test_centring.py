"""Numbers of a request are taken less their running means, alike for who learns and who decides."""

import hashlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bandit.centring import MOST, NOWHERE, Centre, Means
from bandit.config import Learning, Replay
from bandit.context import hash_context, hash_raw_context
from bandit.errors import Damaged
from bandit.features import Vector
from bandit.model import Example, Model
from tests.bandit.worlds import vector
from tests.entries import laws

_names = st.sampled_from(["age", "height", "a b", "é", "7", " age "])
_numbers = st.one_of(st.integers(-(10**6), 10**6), st.floats(-1e6, 1e6), st.sampled_from([0, 0.0, -0.0, 1e-60, 1e6]))
_values = st.one_of(
    _numbers, _numbers, st.booleans(), st.text("ab |:é", max_size=3), st.lists(st.sampled_from("ab"), max_size=2)
)
_features = st.dictionaries(_names, _values, max_size=5)
_contexts = st.builds(lambda user, rest: {"user": user} | rest, _features, _features)


def _means(contexts: list) -> Means:
    means = Means()
    for context in contexts:
        for raw in hash_raw_context(context):
            means.add(raw)
    return means


def _raw(*values: float, first: int = 0) -> Vector:
    """Numbers with hashes counted from `first`."""
    index = np.arange(first, first + len(values), dtype=np.uint32)
    return Vector(index, np.array(values, np.float32), np.ones(len(values), np.uint8))


@given(values=st.lists(st.just(0.0) | st.floats(-1e6, 1e6, width=32), min_size=1, max_size=60))
@laws(150)
def test_a_number_is_taken_less_its_mean_unless_it_is_mostly_zero(values):
    means = Means()
    for value in values:
        means.add(_raw(value))
    less = 0.0 if 2 * values.count(0.0) > len(values) else np.mean(values)
    for centre in (means.centre(), Means.from_bytes(means.to_bytes()).centre()):
        np.testing.assert_allclose(centre.mean, [less], rtol=1e-6, atol=1e-6 * max(map(abs, values)))


@given(contexts=st.lists(_contexts, max_size=8), asked=_contexts)
@laws(200)
def test_who_decides_centres_as_who_learns(contexts, asked):
    centre = _means(contexts).centre()
    sent = Centre.from_bytes(centre.to_bytes())
    for ready, raw in zip(hash_context(asked, sent), hash_raw_context(asked), strict=True):
        learned, value = centre.of(raw), centre.values(raw)
        assert ready.index.tolist() == learned.index.tolist() == raw.index[value != 0].tolist()
        assert ready.value.tobytes() == learned.value.tobytes() == value[value != 0].tobytes()


@given(contexts=st.lists(_contexts, max_size=8))
@laws(100)
def test_means_that_were_saved_go_on_as_if_they_had_not_been(contexts):
    half = Means.from_bytes(_means(contexts[:4]).to_bytes())
    for context in contexts[4:]:
        for raw in hash_raw_context(context):
            half.add(raw)
    assert half.to_bytes() == _means(contexts).to_bytes()


def test_only_numbers_are_centred_and_what_is_usual_is_absent():
    centre = _means(
        [{"x": 2, "vip": True, "tag": "a", "same": 5}, {"x": 4, "vip": False, "tag": "a", "same": 5}]
    ).centre()
    ready = hash_context({"x": 0, "vip": True, "tag": "a", "same": 5}, centre)[1]
    assert ready.value.tolist() == [-3.0, 1.0, 1.0]


def test_a_number_without_a_mean_stays_as_it_is():
    assert hash_context({"x": 3, "y": 0}, NOWHERE)[1].value.tolist() == [3.0]


def test_only_so_many_means_are_kept_first_come():
    means = Means()
    for first in range(0, MOST, 256):
        means.add(_raw(*[1.0] * 256, first=first + 256))
    means.add(_raw(9.0, 3.0, first=255))  # one too many, and one that is known
    assert len(means.centre().known) == MOST
    assert means.centre().of(_raw(9.0, 3.0, first=255)).value.tolist() == [9.0, 1.0]


@pytest.mark.parametrize("kind", [Means, Centre])
@pytest.mark.parametrize(
    "damage", [lambda b: b[:-1], lambda b: b * 2, lambda b: b[:-4] + b"\0\0\xc0\x7f", lambda b: b * 5000]
)
def test_damaged_means_are_refused(kind, damage):
    means = _means([{"x": 1, "y": 2}])
    sound = means.to_bytes() if kind is Means else means.centre().to_bytes()
    assert kind.from_bytes(sound).to_bytes() == sound
    with pytest.raises(Damaged):
        kind.from_bytes(damage(sound))


def _examples(n: int) -> list[Example]:
    """Outcomes of requests with numbers, 0 among them, and strings."""
    rng = np.random.default_rng(7)
    ads = [vector(rng) for _ in range(5)]
    contexts = [
        {"user": {"age": int(rng.integers(0, 3))}, "hour": float(rng.integers(0, 4)), "os": "ab"[rng.integers(2)]}
        | ({"late": float(rng.normal())} if i > n // 2 else {})
        for i in range(n)
    ]
    return [
        Example(*hash_raw_context(context), ads, [vector(rng) for _ in ads], i % 5, -float(rng.integers(2)), 0.2)
        for i, context in enumerate(contexts)
    ]


@pytest.mark.parametrize("stop", [1, 40, 77])
def test_a_model_stopped_and_loaded_centres_on_to_the_same_bytes(stop):
    learning = Learning(bits=12, replay=Replay(depth=4, buffer=8))
    outcomes, whole, half = _examples(90), Model.fresh(learning), Model.fresh(learning)
    for i, example in enumerate(outcomes):
        whole.learn(example, b"%d" % i)
        if i < stop:
            half.learn(example, b"%d" % i)
    saved = half.save()
    loaded = Model.load(saved, hashlib.sha256(saved).hexdigest(), learning)
    for example in outcomes[stop - loaded.forgotten : stop]:
        loaded.remember(example)
    for i, example in enumerate(outcomes[stop:], stop):
        loaded.learn(example, b"%d" % i)
    assert loaded.save() == whole.save()
    assert loaded.centre().to_bytes() == whole.centre().to_bytes()


def test_a_model_told_not_to_centre_keeps_no_means():
    learning = Learning(bits=12, centre=False)
    model, plain = Model.fresh(learning), Model.fresh(learning)
    for i, example in enumerate(_examples(40)):
        model.learn(example, b"%d" % i)
        ready = NOWHERE.of(example.user), NOWHERE.of(example.context)
        plain.learn(Example(*ready, example.ads, example.placements, example.chosen, example.cost, 0.2), b"%d" % i)
    assert model.save() == plain.save()
    assert model.centre().to_bytes() == b""
