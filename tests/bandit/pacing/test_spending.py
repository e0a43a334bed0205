"""What is billed, held back and counted, as a fold over what happened."""

from __future__ import annotations

import random
from collections.abc import Iterator

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bandit.catalog import Campaign
from bandit.errors import Damaged
from bandit.happenings import Happened
from bandit.pacing.account import DAYS_KEPT, Account, merged, terms_of
from bandit.pacing.budget import Price
from bandit.pacing.spending import BILLABLE, Spending
from tests.bandit.pacing.worlds import DAY_S, MIDNIGHT_S, campaign, euros, happened
from tests.entries import laws

CAMPAIGNS = {
    "summer": campaign("click", 0.25, daily=5.0),
    "views": msgspec.structs.replace(campaign("mille", 1.337, daily=5.0), id="views"),
    "sales": msgspec.structs.replace(campaign("action", 3.1, daily=50.0), id="sales"),
    "free": Campaign(id="free"),
}


def at(version: int, name: str) -> Campaign:
    """Each version of the catalog has its own prices."""
    found = CAMPAIGNS[name]
    if found.price is None:
        return found
    dearer = Price(per=found.price.per, amount=euros(found.price.amount.value * version))
    return msgspec.structs.replace(found, price=dearer)


def lives(seed: int, ads: int) -> list[list[Happened]]:
    """What happens to each of some ads, in order: also twice, late, or nothing but the end."""
    chance, found = random.Random(seed), []
    for number in range(1, ads + 1):
        name, version = chance.choice([*CAMPAIGNS]), chance.choice((1, 2))
        decided = MIDNIGHT_S + chance.random() * 2 * DAY_S
        times = sorted(decided + chance.random() * 900 for _ in range(chance.randrange(4)))
        kinds = [("purchase", chance.choice(times))] if times and chance.random() < 0.5 else []
        kinds += zip(chance.sample(["impression", "click", "purchase"], min(len(times), 3)), times, strict=False)
        life = [("decided", decided), *sorted([*kinds, ("expired", decided + 600)], key=lambda one: one[1])]
        found.append([happened(number, kind, time, decided, name=name, version=version) for kind, time in life])
    return found


def mixed(some: list[list[Happened]], seed: int) -> Iterator[Happened]:
    """All of them, in some order that keeps that of each ad."""
    chance, waiting = random.Random(seed), [list(life) for life in some]
    while waiting:
        life = chance.choice(waiting)
        yield life.pop(0)
        waiting = [one for one in waiting if one]


def folded(history: Iterator[Happened]) -> Spending:
    spending = Spending(at)
    for one in history:
        spending.step(one)
    return spending


@given(st.integers(0, 2**32), st.integers(0, 30))
@laws(40)
def test_what_is_spent_is_the_price_of_each_ad_that_became_billable_once(seed: int, ads: int) -> None:
    some = lives(seed, ads)
    spending = folded(mixed(some, seed))
    for name in ("summer", "views", "sales"):
        paid = [
            terms_of(at(life[0].version, name).price).nanos  # type: ignore[arg-type]
            for life in some
            if life[0].campaign == name and any(one.kind == BILLABLE[CAMPAIGNS[name].price.per] for one in life)  # type: ignore[union-attr]
        ]
        assert spending.accounts.get(name, Account()).spent == sum(paid)


@given(st.integers(0, 2**32), st.integers(0, 30))
@laws(40)
def test_the_order_in_which_different_ads_are_told_does_not_matter(seed: int, ads: int) -> None:
    some = lives(seed, ads)
    one, other = folded(mixed(some, 1)), folded(mixed(some, 2))
    assert one.accounts == other.accounts
    assert one.traffic == other.traffic


@given(st.integers(0, 2**32), st.integers(0, 30), st.integers(0, 60))
@laws(40)
def test_what_is_stored_goes_on_as_if_nothing_had_been(seed: int, ads: int, cut: int) -> None:
    history = list(mixed(lives(seed, ads), seed))
    whole = folded(iter(history))
    again = Spending.from_bytes(folded(iter(history[:cut])).to_bytes(), at)
    for one in history[cut:]:
        again.step(one)
    assert again.accounts == whole.accounts
    assert Spending.from_bytes(whole.to_bytes(), at).to_bytes() == whole.to_bytes()


@given(st.integers(0, 2**32), st.integers(0, 30), st.integers(0, 60))
@laws(40)
def test_sums_and_what_is_told_again_are_all_there_is(seed: int, ads: int, cut: int) -> None:
    history = list(mixed(lives(seed, ads), seed))
    before = folded(iter(history[:cut]))
    again = Spending.from_bytes(before.sums_to_bytes(), at)
    for one in history[:cut]:
        again.recall(one)
    assert again.to_bytes() == before.to_bytes()


@given(st.integers(0, 2**32), st.integers(0, 30))
@laws(40)
def test_nothing_is_held_back_once_every_horizon_has_passed(seed: int, ads: int) -> None:
    spending = folded(mixed(lives(seed, ads), seed))
    accounts = spending.accounts.values()
    assert not any(lot.open for account in accounts for day in account.days.values() for lot in day.lots)
    assert not any(account.young for account in accounts)


@given(st.integers(0, 2**32), st.integers(0, 30), st.integers(1, 4))
@laws(40)
def test_policies_together_spend_what_each_does(seed: int, ads: int, policies: int) -> None:
    some = lives(seed, ads)
    parts = [folded(mixed(some[i::policies], seed)) for i in range(policies)]
    whole = folded(mixed(some, seed)).accounts.get("summer", Account())
    assert merged(part.accounts.get("summer", Account()) for part in parts) == whole


def test_a_thousand_impressions_cost_what_was_agreed_to_the_millionth() -> None:
    spending = Spending(at)
    for number in range(1, 1_001):
        spending.step(happened(number, "decided", MIDNIGHT_S, MIDNIGHT_S, name="views"))
        spending.step(happened(number, "impression", MIDNIGHT_S + 1, MIDNIGHT_S, name="views"))
    assert spending.accounts["views"].spent == 1_337_000 * 1_000


def test_an_ad_belongs_to_the_day_it_was_decided_on() -> None:
    spending, late = Spending(at), MIDNIGHT_S + DAY_S - 1
    spending.step(happened(1, "decided", late, late))
    spending.step(happened(1, "click", late + 2, late))
    (day,) = spending.accounts["summer"].days.values()
    assert day.spent == 250_000_000


def test_a_click_after_the_horizon_is_billed_and_releases_nothing_again() -> None:
    spending = folded(iter(happened(1, kind, MIDNIGHT_S, MIDNIGHT_S) for kind in ("decided", "expired", "click")))
    ((lot,),) = (day.lots for day in spending.accounts["summer"].days.values())
    assert (lot.open, lot.billed, lot.used) == (0, 1, 0)


def test_a_second_purchase_of_an_ad_is_not_billed_even_after_its_horizon() -> None:
    kinds = ("decided", "purchase", "expired", "purchase")
    spending = folded(iter(happened(1, kind, MIDNIGHT_S, MIDNIGHT_S, name="sales") for kind in kinds))
    assert spending.accounts["sales"].spent == 3_100_000_000


def test_days_long_past_are_kept_as_a_sum() -> None:
    spending = Spending(at)
    for number in range(1, 41):
        time = MIDNIGHT_S + number * DAY_S
        for kind in ("decided", "click", "expired"):
            spending.step(happened(number, kind, time, time))
    account = spending.accounts["summer"]
    assert len(account.days) <= DAYS_KEPT
    assert account.spent == 40 * 250_000_000


@pytest.mark.parametrize("stored", [b"", b"\xff", b"\x93", b"{}"])
def test_what_is_no_account_is_damaged(stored: bytes) -> None:
    with pytest.raises(Damaged):
        Spending.from_bytes(stored, at)
