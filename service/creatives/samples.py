"""Products to show a template with, where the shop's own are not asked for: named and drawn here."""

from __future__ import annotations

from urllib.parse import quote

from bandit.money import Money
from bandit.products.product import Product

# Name, brand, price, price before the sale, colours of the picture.
_SAMPLES = (
    ("Trail running shoes", "Northway", 89.9, 119.0, "#f97316", "#fed7aa"),
    ("Linen summer shirt", "Casa Mare", 49.0, None, "#0ea5e9", "#e0f2fe"),
    ("Ceramic pour-over set", "Kiln & Co", 34.5, None, "#84cc16", "#f7fee7"),
    ("Noise-cancelling headphones", "Audient", 199.0, 249.0, "#8b5cf6", "#ede9fe"),
    ("Waxed canvas rucksack, 24 litres, with a padded sleeve", "Fellside", 129.0, None, "#b45309", "#fef3c7"),
    ("Merino base layer", "Northway", 64.9, 79.9, "#e11d48", "#ffe4e6"),
    ("Oak desk lamp", "Lumen Works", 72.0, None, "#ca8a04", "#fefce8"),
    ("Cast-iron pan", "Kiln & Co", 59.0, None, "#475569", "#f1f5f9"),
    ("Rain jacket", "Fellside", 139.0, 179.0, "#0d9488", "#ccfbf1"),
    ("Wool throw", "Casa Mare", 84.0, None, "#db2777", "#fce7f3"),
)
VIDEO = "https://sample.invalid/video.mp4"  # leads nowhere: a preview shows the poster


def picture(front: str, back: str) -> str:
    """A drawing of a product, as a `data:` URL."""
    drawn = (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 400 400">'
        f'<rect width="400" height="400" fill="{back}"/><circle cx="200" cy="215" r="118" fill="{front}"/>'
        f'<path d="M82 215a118 118 0 0 1 236 0z" fill="#fff" opacity=".28"/>'
        f'<rect x="150" y="66" width="100" height="36" rx="18" fill="{front}" opacity=".55"/></svg>'
    )
    return f"data:image/svg+xml,{quote(drawn)}"


def samples(currency: str = "EUR") -> tuple[Product, ...]:
    """Ten products. They are in no feed, and their links lead nowhere."""
    return tuple(
        Product(
            id=f"sample-{number}",
            title=title,
            description=f"{title} by {brand}: made to last, sent within a day.",
            brand=brand,
            category="Sample",
            link="https://sample.invalid/",
            price=Money(value=was or price, currency=currency),
            sale_price=Money(value=price, currency=currency) if was else None,
            image_url=picture(front, back),
            video_url=VIDEO,
        )
        for number, (title, brand, price, was, front, back) in enumerate(_SAMPLES, 1)
    )
