"""Products for the tests of creatives, some of them hostile."""

from __future__ import annotations

from typing import Any

from bandit.money import Money
from bandit.products.product import Product

HOSTILE = [
    "<script>parent.hit=1</script>",
    '"><img src=x onerror=hit=1>',
    "' onmouseover='hit=1",
    "</b></a></li></ul></div><svg onload=hit=1>",
    "javascript:hit=1",
    "&lt;img src=x onerror=hit=1&gt;",
    "{product.title}",
    "{click_url}",
    "\0\r\n<b>",
    "\ue000click\ue000",
    "</style><style>*{display:none}",
]


def money(value: float, currency: str = "EUR") -> Money:
    return Money(value=value, currency=currency)


def product(number: int = 1, **other: Any) -> Product:
    """A product with a picture and a price."""
    given: dict[str, Any] = {
        "id": f"p-{number}",
        "title": f"Shoe {number}",
        "link": f"https://shop.example/p/{number}",
        "price": money(50.0),
        "image_url": f"https://cdn.example/{number}.png",
        "brand": "Ace",
    }
    return Product(**{**given, **other})
