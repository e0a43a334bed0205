"""What is refused, and where the error points."""

import json

import numpy as np
import pytest

from bandit.errors import BadInput
from bandit.features import hash_features


def _shown(value: object) -> str:
    return ascii(value)[:30] if isinstance(value, str) else ""


def _fault(features: dict) -> tuple[str, str]:
    with pytest.raises(BadInput) as caught:
        hash_features("Context", features, at="#/context")
    json.dumps([caught.value.pointer, caught.value.detail]).encode()
    caught.value.pointer.encode()
    return caught.value.pointer, caught.value.code


@pytest.mark.parametrize(
    ("features", "pointer", "code"),
    [
        ({"": 1}, "#/context/", "bound"),
        ({"_label": 1}, "#/context/_label", "bound"),
        ({"n" * 129: 1}, f"#/context/{'n' * 128}", "bound"),
        ({"é" * 65: 1}, f"#/context/{'é' * 65}", "bound"),
        ({"a\0b": 1}, "#/context/a\0b", "bound"),
        ({"a\ud800": 1}, "#/context/a?", "bound"),
        ({"a/b~c": "\udfff"}, "#/context/a~1b~0c", "bound"),
        ({"x": float("nan")}, "#/context/x", "bound"),
        ({"x": float("inf")}, "#/context/x", "bound"),
        ({"x": -1e308}, "#/context/x", "bound"),
        ({"x": 1e6 + 1}, "#/context/x", "bound"),
        ({"x": 10**5000}, "#/context/x", "bound"),
        ({"x": "s" * 257}, "#/context/x", "bound"),
        ({"x": "s" * 10**6}, "#/context/x", "bound"),
        ({"x": "a\0"}, "#/context/x", "bound"),
        ({"x": ["a", "b" * 257]}, "#/context/x", "bound"),
        ({"x": None}, "#/context/x", "type"),
        ({"x": {"y": 1}}, "#/context/x", "type"),
        ({"x": [1, 2]}, "#/context/x", "type"),
        ({"x": ["a", ["b"]]}, "#/context/x", "type"),
        ({f"f{i}": i + 1 for i in range(257)}, "#/context", "bound"),
        ({"tags": ["t"] * 257}, "#/context", "bound"),
    ],
    ids=_shown,
)
def test_what_breaks_a_bound_is_refused_with_its_place(features, pointer, code):
    assert _fault(features) == (pointer, code)


def test_what_keeps_the_bounds_is_taken():
    features = {"n" * 128: 1e6, "é" * 64: "s" * 256, "a b|c:d\n": -1e6} | {f"f{i}": "x" for i in range(253)}
    assert hash_features("Context", features).index.size == 256


def test_false_zero_and_what_rounds_to_zero_are_absent():
    features = {"off": False, "none": 0, "zero": -0.0, "tiny": 1e-60, "nothing": [], "least": 1e-44}
    assert hash_features("Context", features).value.tolist() == [float(np.float32(1e-44))]


def test_namespaces_of_one_name_differ():
    assert hash_features("User", {"a": 1}).index != hash_features("Context", {"a": 1}).index
