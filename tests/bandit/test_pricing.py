"""A shadow price moves probabilities and nothing else."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bandit.config import Exploration
from bandit.decide import Ask, decide, weigh, with_prices
from bandit.errors import BadInput
from bandit.shelf import lay_out
from tests.bandit.shops import SHELVES, TABLE, catalog, prices, shelves, weights
from tests.entries import START_S, laws

PLAIN = SHELVES[False, "softmax", 0.0]
SMOOTH = catalog(exploration=Exploration(min_probability=0.0, softmax_lambda=1.0))
FREE = lay_out(SMOOTH, SMOOTH.policies[0])  # without floors


@laws(40)
@given(shelves, prices, prices)
def test_prices_put_in_later_are_those_weighed_in_at_once(shelf, before, after):  # type: ignore[no-untyped-def]
    made, wanted = with_prices(weights(shelf, before), shelf, after), weigh(TABLE, 40, shelf, prices=after)
    assert np.array_equal(made.standing, wanted.standing)
    assert np.array_equal(made.prepared.parts, wanted.prepared.parts)
    assert made.prices == wanted.prices


@laws(50)
@given(prices)
def test_only_prices_of_campaigns_with_templates_that_are_not_0_count(given_: dict[str, float]) -> None:
    kept = weights(PLAIN, given_).prices
    assert kept == {name: price for name, price in given_.items() if name != "gone" and price > 0.0}
    assert list(kept) == sorted(kept)


@laws(50)
@given(st.floats(0.01, 5.0), st.integers(0, 999))
def test_a_dearer_campaign_is_shown_less(price: float, number: int) -> None:
    ask = Ask(id=number.to_bytes(16, "big"), time=START_S, context={"hour": number % 24})
    plain, dear = (decide(ask, FREE, weights(FREE, some)) for some in ({}, {"cola": price}))
    cola = [FREE.templates[row].campaign == "cola" for row in FREE.template[plain.rounds[0].positions()]]
    shares = [float(one.rounds[0].propensities()[cola].sum()) for one in (plain, dear)]
    assert shares[1] < shares[0]
    assert (plain.prices, dear.prices) == ({}, {"cola": price})


def test_the_holdout_and_candidates_of_a_request_know_no_prices() -> None:
    shelf = SHELVES[False, "softmax", 0.5]
    made = [
        decide(Ask(id=i.to_bytes(16, "big"), time=START_S), shelf, weights(shelf, {"cola": 1.0})) for i in range(20)
    ]
    assert {(one.arm, bool(one.prices)) for one in made} == {(0, True), (1, False)}


@pytest.mark.parametrize("price", [-0.1, math.nan, math.inf, 1e308])
def test_a_price_out_of_bounds_is_refused(price: float) -> None:
    with pytest.raises(BadInput, match="#/prices/cola"):
        weights(PLAIN, {"cola": price})
