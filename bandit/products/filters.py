"""Which products may fill a template's slots."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import NamedTuple

from bandit.creatives.slots import Filling
from bandit.products.product import Product

SEPARATOR = ">"


class Wanted(NamedTuple):
    """A filling made ready, once a catalog: see `wanted`."""

    categories: tuple[str, ...]  # paths as `path` has them; none: any
    brands: frozenset[str]  # folded; none: any
    price_from: float
    price_to: float

    def takes(self, product: Product) -> bool:
        """Whether a product may be shown. What it costs now counts, not what it cost before a sale."""
        return (
            product.availability == "in_stock"
            and self.price_from <= product.paid.value <= self.price_to
            and (not self.brands or product.brand.casefold() in self.brands)
            and (not self.categories or path(product.category).startswith(self.categories))
        )


def wanted(filling: Filling) -> Wanted:
    """What a filling asks of products; upper and lower case are alike."""
    return Wanted(
        categories=tuple(path(category) for category in filling.categories),
        brands=frozenset(brand.casefold() for brand in filling.brands),
        price_from=filling.price_from,
        price_to=filling.price_to,
    )


def fitting(
    products: Iterable[Product | None], asked: Wanted, count: int, bought: Collection[str] = frozenset()
) -> list[Product]:
    """The first so many that may be shown, each once.

    products  best first; None where the feed has none of that id any more
    bought    ids of what this user has just bought

    >>> fitting([None], wanted(Filling()), 1)
    []
    """
    found: dict[str, Product] = {}
    for product in products:
        if product is not None and product.id not in bought and asked.takes(product):
            found.setdefault(product.id, product)
            if len(found) == count:
                break
    return list(found.values())


def path(category: str) -> str:
    """A category so that one that lies within another begins with it.

    >>> path("Shoes>Running").startswith(path("shoes")), path("Shoestrings").startswith(path("shoes"))
    (True, False)
    """
    return "".join(f"{part.strip().casefold()}{SEPARATOR}" for part in category.split(SEPARATOR))
