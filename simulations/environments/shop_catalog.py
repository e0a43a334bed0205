"""What the synthetic shop shows and where, and how much each part of it matters to a shopper.

Every factor multiplies the chance of a click. Shoppers' segments are hidden: a request tells only of
what follows from them (age, device, department looked at), never the segment.
"""

from __future__ import annotations

from functools import cache

import numpy as np

from simulations.environments.base import Json, Pair, demo_policy

SEGMENTS = ("students", "families", "professionals", "retired")
DEPARTMENTS = ("fashion", "electronics", "garden", "sports")
OFFERS = ("sale", "new", "premium")
DEVICES = ("mobile", "desktop", "tablet")
PAGES = {"home": ("hero", "rail"), "category": ("top", "rail"), "product": ("below", "rail")}

# Position: how much of a placement is seen, by device. A rail beside the page sinks to its foot on a phone.
SEEN = {
    "hero": (1.5, 1.4, 1.5),
    "top": (1.2, 1.1, 1.2),
    "below": (0.8, 0.7, 0.8),
    "rail": (0.3, 0.8, 0.6),
}
FORMATS = {"hero": "banner", "top": "banner", "below": "tile", "rail": "tile"}

DEPARTMENT_TASTE = np.array(  # [segment, department]
    [
        [1.0, 2.4, 0.2, 1.5],
        [1.6, 0.5, 1.3, 0.9],
        [1.0, 2.0, 0.4, 1.1],
        [0.5, 0.3, 2.8, 0.5],
    ]
)
OFFER_TASTE = np.array(  # [segment, offer]
    [
        [1.9, 0.9, 0.2],
        [1.6, 0.7, 0.5],
        [0.4, 1.1, 1.9],
        [0.9, 0.6, 1.3],
    ]
)
_INTERACTIONS = ("UA", "CA", "CP")  # tastes, the page and its ads, devices and positions
PRICE = {"sale": 29.0, "new": 59.0, "premium": 149.0}  # EUR, middle of what is bought


def templates() -> list[Json]:
    """Twelve: each department with each offer. Premium ads come as banners only, the rest fit anywhere."""
    return [_template(department, offer) for department in DEPARTMENTS for offer in OFFERS]


@cache
def pairs(page: str) -> tuple[Pair, ...]:
    """Eligible (template, placement) pairs on a page."""
    return tuple(
        (template["id"], placement)
        for template in templates()
        for placement in PAGES[page]
        if FORMATS[placement] in template["formats"]
    )


def catalog() -> Json:
    """The shop as `adbandit up --catalog` reads it."""
    return {
        "policies": [demo_policy(_INTERACTIONS)],
        "placements": [_placement(name) for name in SEEN],
        "campaigns": [{"id": f"{offer}-2026", "status": "active"} for offer in OFFERS],
        "templates": templates(),
    }


def _template(department: str, offer: str) -> Json:
    name = f"{department}-{offer}"
    return {
        "id": name,
        "campaign": f"{offer}-2026",
        "status": "active",
        "formats": ["banner"] if offer == "premium" else ["banner", "tile"],
        "features": {"department": department, "offer": offer},
        "creative": {
            "title": f"{department.title()}: {offer}",
            "description": f"Our {offer} picks in {department}",
            "link": f"https://shop.example/{department}/{offer}",
        },
    }


def _placement(name: str) -> Json:
    pages = [page for page, names in PAGES.items() if name in names]
    page_type = pages[0] if len(pages) == 1 else "any"
    return {"id": name, "page_type": page_type, "format": FORMATS[name], "features": {}}
