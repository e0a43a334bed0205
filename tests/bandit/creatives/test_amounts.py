"""Prices as shoppers read them."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bandit.creatives.amounts import NO_DECIMALS, THREE_DECIMALS, decimals, written
from bandit.money import Money
from tests.bandit.creatives.products import money
from tests.entries import laws

CURRENCIES = ["EUR", "USD", "GBP", "CNY", "JPY", "KRW", "CHF", "SEK", "KWD"]


@laws(100)
@given(st.integers(0, 10_000_000), st.sampled_from(CURRENCIES), st.sampled_from(["en", "zh", "de", "fr", "es", "xx"]))
def test_what_is_written_is_the_amount(units: int, currency: str, language: str) -> None:
    exact = Decimal(units).scaleb(-decimals(currency))
    text = written(Money(value=float(exact), currency=currency), language)
    assert int("".join(one for one in text if one.isdigit())) == units


@pytest.mark.parametrize(
    ("value", "currency", "language", "text"),
    [
        (1234.5, "EUR", "en", "€1,234.50"),
        (1234.5, "EUR", "de", "1.234,50\xa0€"),
        (1234.5, "EUR", "fr", "1\u202f234,50\xa0€"),
        (49.9, "USD", "en", "$49.90"),
        (49.9, "USD", "zh", "US$49.90"),
        (49.9, "GBP", "en-GB", "£49.90"),
        (49.9, "CNY", "zh-CN", "¥49.90"),
        (49.9, "CNY", "en", "CN¥49.90"),
        (5980.0, "JPY", "en", "¥5,980"),
        (5980.0, "JPY", "zh", "JP¥5,980"),
        (12000.0, "KRW", "en", "₩12,000"),
        (49.9, "CHF", "de", "49,90\xa0CHF"),
        (49.9, "SEK", "en", "SEK\xa049.90"),
        (1.2345, "KWD", "en", "KWD\xa01.235"),
        (0.0, "EUR", "en", "€0.00"),
        (1.005, "EUR", "en", "€1.01"),
        (1e7, "EUR", "en", "€10,000,000.00"),
    ],
)
def test_each_currency_and_language_has_its_own_way(value: float, currency: str, language: str, text: str) -> None:
    assert written(money(value, currency), language) == text


def test_the_tables_of_minor_units_name_currencies_of_iso_4217_once() -> None:
    codes = NO_DECIMALS.split() + THREE_DECIMALS.split()
    assert len(set(codes)) == len(codes) == 24
    assert all(len(code) == 3 for code in codes)
