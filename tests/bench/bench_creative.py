"""Filling and rendering one ad, beside jinja2 making the same HTML of values at hand: autoescaped, compiled before.

    python -m tests.bench.bench_creative [--rounds 7]

Each round times the two in turn; the ratios are taken round by round, so that a machine that changes its pace cancels
out. jinja2 is given the values that filling finds, so the first ratio is of more work against less.
"""

from __future__ import annotations

import argparse
import platform
import statistics
import time
from collections.abc import Callable

import jinja2
import msgspec

from bandit.catalog import Creative, Placement
from bandit.creatives.filled import Filled, fill
from bandit.creatives.markup import html
from bandit.creatives.slots import Filling
from bandit.money import Money
from bandit.products.product import Product

ADS = 5_000  # of each way a round
LINK = "https://shop.example/v1/t/c/" + "x" * 120
CREATIVE = Creative(title="New: {product.title}", link="https://shop.example/")
SLOTS = ("title", "description", "image", "price", "call_to_action")
PRODUCTS = [
    Product(
        id=f"p-{i}",
        title=f"Shoe & lace {i}",
        description="Light, and made to last.",
        link=f"https://shop.example/p/{i}",
        price=Money(value=50.0 + i, currency="EUR"),
        sale_price=Money(value=40.0 + i, currency="EUR"),
        image_url=f"https://cdn.example/{i}.png",
        brand="Ace",
    )
    for i in range(10)
]
FORMATS = {
    "banner": (Filling(slots=SLOTS), Placement(id="p", format="banner")),
    "native": (Filling(slots=SLOTS), Placement(id="p", format="native")),
    "carousel of 5": (Filling(slots=(*SLOTS, "carousel"), count=5), Placement(id="p", format="carousel")),
}


def as_jinja(filled: Filled) -> str:
    """A template of jinja2 that makes the ad's HTML: its values cut out, the product's in a loop."""
    page = html(CREATIVE, filled, LINK).replace(LINK, "{{ link }}")
    for i, item in enumerate(filled.items if filled.format == "carousel" else ()):
        for name in ("title", "image_url", "price", "was_price"):
            page = page.replace(_escaped(getattr(item, name)), f"{{{{ items[{i}].{name} }}}}")
    for name in ("title", "description", "image_url", "price", "was_price", "call_to_action"):
        page = page.replace(_escaped(getattr(filled, name)), f"{{{{ {name} }}}}")
    return page


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;")


def microseconds(work: Callable[[], object]) -> float:
    started = time.process_time()
    for _ in range(ADS):
        work()
    return (time.process_time() - started) / ADS * 1e6


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=7)
    rounds = parser.parse_args().rounds
    print(f"{platform.processor() or platform.machine()}, Python {platform.python_version()}, {rounds} rounds of {ADS}")
    print(f"{'':14}{'fill, µs':>10}{'render, µs':>12}{'jinja2, µs':>12}{'both / jinja2':>15}{'render / jinja2':>17}")
    for name, (filling, placement) in FORMATS.items():
        filled = fill(CREATIVE, filling, PRODUCTS, placement=placement)
        peer = jinja2.Environment(autoescape=True).from_string(as_jinja(filled))
        values = {**msgspec.structs.asdict(filled), "link": LINK}
        assert peer.render(values) == html(CREATIVE, filled, LINK)
        found = [
            (
                microseconds(lambda: fill(CREATIVE, filling, PRODUCTS, placement=placement)),  # noqa: B023
                microseconds(lambda: html(CREATIVE, filled, LINK)),  # noqa: B023
                microseconds(lambda: peer.render(values)),  # noqa: B023
            )
            for _ in range(rounds)
        ]
        columns = [statistics.median(column) for column in zip(*found, strict=True)]
        both = statistics.median((filling + made) / other for filling, made, other in found)
        only = statistics.median(made / other for _, made, other in found)
        print(f"{name:14}{columns[0]:10.1f}{columns[1]:12.1f}{columns[2]:12.1f}{both:15.2f}{only:17.2f}")


if __name__ == "__main__":
    main()
