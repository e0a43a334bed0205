"""What fills a template: what it asks for, in stock, within its prices, and not what was just bought."""

from __future__ import annotations

from typing import Any

import pytest

from bandit.creatives.slots import Filling
from bandit.products.filters import fitting, wanted
from tests.products import product


@pytest.mark.parametrize(
    ("filling", "changed", "fits"),
    [
        ({}, {}, True),
        ({}, {"availability": "out of stock"}, False),
        ({}, {"availability": "preorder"}, False),
        ({"categories": ["shoes"]}, {"category": "Shoes > Running"}, True),
        ({"categories": ["Shoes>running"]}, {"category": "Shoes > Running"}, True),
        ({"categories": ["Shoes > Running"]}, {"category": "Shoes"}, False),
        ({"categories": ["shoe"]}, {"category": "Shoes"}, False),
        ({"categories": ["bags", "shoes"]}, {"category": "shoes"}, True),
        ({"brands": ["ACME"]}, {"brand": "Acme"}, True),
        ({"brands": ["ACME"]}, {}, False),
        ({"price_from": 50.0}, {}, True),
        ({"price_from": 50.0}, {"sale_price": "49 EUR"}, False),
        ({"price_to": 49.0}, {"sale_price": "49 EUR"}, True),
    ],
)
def test_a_filling_takes_what_it_asks_for(filling: dict[str, Any], changed: dict[str, Any], fits: bool) -> None:
    fill = Filling(**{name: tuple(said) if isinstance(said, list) else said for name, said in filling.items()})
    assert wanted(fill).takes(product(**changed)) is fits


def test_the_best_come_first_each_once_and_nothing_just_bought() -> None:
    best = [product(id=name) for name in "abacd"]
    found = fitting([None, *best], wanted(Filling()), 2, bought={"b"})
    assert [one.id for one in found] == ["a", "c"]
