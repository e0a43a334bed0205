"""A request's context: what it flattens to, what is refused, and that the quick way is the careful way."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bandit import context as module
from bandit.context import hash_context, hash_raw_context, split_context
from bandit.errors import BadInput
from bandit.features import hash_features

NAMES = st.sampled_from(["a", "b", "a.b", "_a", "", "user", "page", "7", " x ", "a\0b", "n" * 129, "é"]) | st.text(
    max_size=5
)
TEXTS = st.text(max_size=6) | st.sampled_from(["", "a b|c:d", "s" * 257, "x\0y", "\ud800", "007"])
LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | TEXTS | st.lists(TEXTS, max_size=3)
CONTEXTS = st.dictionaries(NAMES, LEAVES | st.dictionaries(NAMES, LEAVES, max_size=4), max_size=5)


def _said(way, context):
    try:
        vectors = way(context)
        return [
            (raw.index.tolist(), raw.value.tolist(), [] if raw.number is None else raw.number.tolist())
            for raw in vectors
        ]
    except BadInput as fault:
        return fault.pointer, fault.code, fault.detail


@given(CONTEXTS, st.booleans())
@settings(max_examples=1_500, deadline=None)
def test_the_quick_way_says_what_the_careful_way_says(context, every):
    quick = _said(lambda c: hash_raw_context(c, every=every), context)
    assert quick == _said(lambda c: module._with_care(c, every, "#/context"), context)


def _shown(value: object) -> str:
    return ascii(value)[:30] if isinstance(value, str) else ""


def test_nested_objects_flatten_and_user_becomes_its_namespace():
    context = {"page": {"type": "home", "id": 7}, "hour": 14, "user": {"age": 30}, "tags": ["a"]}
    user, shared = split_context(context)
    assert user == {"age": 30}
    assert shared == {"page.type": "home", "page.id": 7, "hour": 14, "tags": ["a"]}


def test_a_user_that_is_no_object_is_a_feature_like_any_other():
    assert split_context({"user": "u-1"}) == ({}, {"user": "u-1"})


@pytest.mark.parametrize(
    ("context", "pointer", "code"),
    [
        ({"page": {"type": {"deep": 1}}}, "#/context/page/type", "type"),
        ({"user": {"geo": {"country": "DE"}}}, "#/context/user/geo", "type"),
        ({"page.type": 1, "page": {"type": 2}}, "#/context/page/type", "duplicate"),
        ({"page": {"type": 2}, "page.type": 1}, "#/context/page.type", "duplicate"),
        ({"page": {"type": float("inf")}}, "#/context/page/type", "bound"),
        ({"user": {"age": None}}, "#/context/user/age", "type"),
        ({"page": {"_x": 1}, "hour": "s" * 300}, "#/context/hour", "bound"),
        ({"user": {f"u{i}": 1 for i in range(200)}, "tags": ["t"] * 57}, "#/context", "bound"),
    ],
    ids=_shown,
)
def test_what_is_wrong_with_a_context_is_refused_with_its_place(context, pointer, code):
    with pytest.raises(BadInput) as caught:
        hash_context(context)
    assert (caught.value.pointer, caught.value.code) == (pointer, code)


def test_a_context_hashes_as_its_two_namespaces():
    user, shared = hash_context({"hour": 14, "page": {"type": "home"}, "user": {"vip": True}})
    assert user.index.tolist() == hash_features("User", {"vip": True}).index.tolist()
    assert shared.index.tolist() == hash_features("Context", {"hour": 14, "page.type": "home"}).index.tolist()
