"""A price as shoppers read it: the currency's own decimals, the language's marks.

Decimals are the minor units of ISO 4217 (list one); what is not named here has two. Symbols and their side are those of
CLDR for the languages named; another language is written as English, another currency by its code.
"""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from typing import NamedTuple

from bandit.money import Money

NO_DECIMALS = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"
THREE_DECIMALS = "BHD IQD JOD KWD LYD OMR TND"
_STEPS = {0: Decimal(1), 2: Decimal("0.01"), 3: Decimal("0.001")}
_NO_BREAK = "\N{NO-BREAK SPACE}"


class _Writing(NamedTuple):
    group: str
    point: str
    behind: bool  # whether the symbol stands behind the amount
    symbols: dict[str, str]


_SYMBOLS = {"EUR": "€", "USD": "$", "GBP": "£", "JPY": "¥", "CNY": "CN¥", "KRW": "₩"}
_ENGLISH = _Writing(",", ".", False, _SYMBOLS)
_WRITINGS = {
    "en": _ENGLISH,
    "zh": _ENGLISH._replace(symbols={**_SYMBOLS, "USD": "US$", "JPY": "JP¥", "CNY": "¥"}),
    "de": _Writing(".", ",", True, _SYMBOLS),
    "fr": _Writing("\N{NARROW NO-BREAK SPACE}", ",", True, {**_SYMBOLS, "USD": "$US", "GBP": "£GB", "JPY": "JPY"}),
    "es": _Writing(".", ",", True, {**_SYMBOLS, "USD": "US$", "GBP": "GBP", "JPY": "JPY", "CNY": "CNY", "KRW": "KRW"}),
}


def decimals(currency: str) -> int:
    """Digits after the point.

    >>> decimals("EUR"), decimals("JPY"), decimals("KWD")
    (2, 0, 3)
    """
    return 0 if currency in NO_DECIMALS else 3 if currency in THREE_DECIMALS else 2


def written(money: Money, language: str = "en") -> str:
    """An amount in words for shoppers; halves are rounded up, as shops do.

    language  as in BCP 47; what follows the first `-` is not looked at

    >>> written(Money(value=1234.5, currency="EUR")), written(Money(value=1234.5, currency="EUR"), "de-AT")
    ('€1,234.50', '1.234,50\\xa0€')
    >>> written(Money(value=5980.0, currency="JPY")), written(Money(value=49.9, currency="CHF"))
    ('¥5,980', 'CHF\\xa049.90')
    """
    return _written(money.value, money.currency, language)


@lru_cache(maxsize=20_000)  # 3 MB; shops have few prices
def _written(value: float, currency: str, language: str) -> str:
    writing = _WRITINGS.get(language.partition("-")[0].lower(), _ENGLISH)
    # Of the shortest text that means this number, so that 1.005 is rounded as it was written.
    exact = Decimal(repr(value)).quantize(_STEPS[decimals(currency)], ROUND_HALF_UP)
    amount = f"{exact:,}".translate({ord(","): writing.group, ord("."): writing.point})
    symbol = writing.symbols.get(currency, currency)
    if writing.behind:
        return f"{amount}{_NO_BREAK}{symbol}"
    return f"{symbol}{amount}" if not symbol[-1].isalpha() else f"{symbol}{_NO_BREAK}{amount}"
