"""How many ads may be open, against the distribution it stands for."""

from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom

from bandit.pacing.account import Account, DayCounts, Lot
from bandit.pacing.reserve import RISK, held_prices, mean_rate, most_open, rate_of, upper_rate
from tests.entries import laws

RATES = st.floats(1e-4, 1.0)


@given(st.integers(0, 3_000), RATES)
@laws(80)
def test_more_than_can_be_paid_become_billable_as_rarely_as_promised(prices: int, rate: float) -> None:
    assert binom.sf(prices, most_open(prices, rate), rate) <= RISK


@given(st.integers(0, 3_000), RATES)
@laws(80)
def test_each_price_left_covers_an_ad(prices: int, rate: float) -> None:
    assert prices <= most_open(prices, rate) <= most_open(prices + 1, rate)


@given(st.integers(0, 100_000), RATES)
@laws(80)
def test_what_is_held_back_lets_so_many_be_open_and_not_much_less_would(ads: int, rate: float) -> None:
    held = held_prices(ads, rate)
    assert most_open(held, rate) >= ads
    assert held <= 1 or most_open(held - 1, rate) <= ads


@given(st.integers(0, 1_000), st.integers(1, 1_000))
@laws(60)
def test_the_bound_is_above_what_was_seen_and_falls_as_more_is(billed: int, more: int) -> None:
    n = billed + more
    assert billed / n < upper_rate(billed, n) <= 1.0
    assert upper_rate(10 * billed, 10 * n) <= upper_rate(billed, n) + 1e-12


def test_nothing_known_is_taken_for_the_worst() -> None:
    assert rate_of(Account(), "click", 0) == mean_rate(Account(), "click", 0) == 1.0


def test_a_rate_that_has_just_risen_shows_before_its_ads_are_resolved() -> None:
    quiet = Lot("click", 1, decided=1_000, open=0, billed=10, resolved=1_000, used=10)
    busy = Lot("click", 1, decided=2_000, open=700, billed=310, resolved=1_000, used=10)
    before, after = (rate_of(Account({1: DayCounts([lot])}), "click", 1) for lot in (quiet, busy))
    assert before < 0.03
    assert after > 0.15
