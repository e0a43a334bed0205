"""The quick way of deciding gives the decision that the general way gives, bit for bit, or leaves it to that."""

import dataclasses
from datetime import UTC, datetime

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bandit.catalog import Campaign, Catalog, Placement, Template, checked
from bandit.centring import NOWHERE, Centre
from bandit.config import Exploration, Learning, Policy
from bandit.context import packed_context
from bandit.decide import Ask, decide, weigh
from bandit.errors import BadInput
from bandit.exploration.choose import KINDS
from bandit.features import hash_features
from bandit.quick import choose, prepare, refreshed
from bandit.shelf import lay_out
from bandit.stand import from_shelf
from tests.bandit.test_context import CONTEXTS

PLAIN = st.dictionaries(
    st.sampled_from(["age", "hour", "tone", "vip"]), st.booleans() | st.floats(-99, 99) | st.sampled_from("ab")
)
LEARNINGS = [
    Learning(),
    Learning(interactions=("AU", "CP", "UCA"), ignore_linear="", constant=True),
    Learning(interactions=(), ignore_linear="A"),
    Learning(interactions=("CC", "AAU"), permutations=True, hash="all"),
]


def shop(kind, learning, places=2):
    policy = Policy(id="home", exploration=Exploration(kind=kind, softmax_lambda=3.0), learning=learning)
    placements = tuple(Placement(id=f"p{i}", features={"height": i + 1}) for i in range(places))
    features = [{"tone": f"t{i % 3}", "price": i / 2, "id2": f"i{i}"} for i in range(5)]
    templates = [Template(id=f"t{i}", campaign="late", features=each) for i, each in enumerate(features)]
    campaigns = (Campaign(id="late", ends_at=datetime(2030, 1, 1, tzinfo=UTC)),)
    templates += [Template(id="always", features={"tone": "t1"})]
    catalog = Catalog(
        version=1, policies=(policy,), placements=placements, templates=tuple(templates), campaigns=campaigns
    )
    return lay_out(checked(catalog), policy)


def weighed(shelf, seed):
    rng = np.random.default_rng(seed)
    known = np.sort(hash_features("Context", {"age": 1, "hour": 1}).index)
    centre = Centre(known, rng.normal(size=len(known)).astype(np.float32))
    return weigh(rng.normal(0, 0.5, 1 << 18).astype(np.float32), seed % 5_000, shelf, centre)


def said(ask, shelf, weights):
    try:
        return decide(ask, shelf, weights)
    except BadInput as fault:
        return fault.pointer, fault.code, fault.detail


@pytest.mark.parametrize("kind", sorted(KINDS))
@pytest.mark.parametrize("learning", LEARNINGS, ids=["default", "crossed", "bare", "permuted"])
@given(context=PLAIN | CONTEXTS, seed=st.integers(0, 2**32 - 1), late=st.booleans())
@settings(max_examples=60)
def test_the_quick_way_decides_what_the_general_way_decides(kind, learning, context, seed, late):
    shelf = shop(kind, learning)
    weights = weighed(shelf, seed)
    ask = Ask(id=seed.to_bytes(16, "big"), time=2e9 if late else 1e9, context=context)
    assert said(ask, shelf, weights) == said(ask, shelf, dataclasses.replace(weights, prepared=None))


def test_a_plain_request_is_decided_the_quick_way():
    shelf = shop("softmax", Learning())
    weights = weighed(shelf, 7)
    ask = Ask(id=b"7" * 16, time=1e9, context={"hour": 3, "user": {"age": 4}})
    stand = from_shelf(shelf, 1e9, None, None)
    assert choose(ask.context, stand, shelf, weights.table, weights.prepared, 0.5) is not None


@given(context=PLAIN | CONTEXTS, seed=st.integers(0, 2**32 - 1))
def test_a_context_that_is_packed_already_is_decided_alike(context, seed):
    shelf = shop("softmax", Learning())
    weights = weighed(shelf, seed)
    ask = Ask(id=seed.to_bytes(16, "big"), time=1e9, context=context)
    again = msgspec.structs.replace(ask, packed=packed_context(context))
    assert said(ask, shelf, weights) == said(again, shelf, weights)


@pytest.mark.parametrize("kind", sorted(KINDS))
@pytest.mark.parametrize("centre", [NOWHERE, None], ids=["other numbers known", "the same numbers known"])
def test_what_is_refreshed_is_what_is_prepared_anew(kind, centre):
    shelf = shop(kind, Learning())
    old, new = weighed(shelf, 1), weighed(shelf, 2)
    made = refreshed(old.prepared, shelf, new.standing, centre or new.centre, 2)
    wanted = prepare(shelf, new.standing, centre or new.centre, 2)
    assert np.array_equal(made.parts, wanted.parts)
    assert (made.kind, made.sharpness, made.every) == (wanted.kind, wanted.sharpness, wanted.every)


def test_digits_are_hashed_as_the_policy_says():
    ask = Ask(id=b"7" * 16, time=1e9, context={"page": "0007"})
    one, other = (
        decide(ask, shelf, weighed(shelf, 7))
        for shelf in (shop("softmax", x) for x in (LEARNINGS[0], Learning(hash="all")))
    )
    assert one.rounds[0].probabilities != other.rounds[0].probabilities
