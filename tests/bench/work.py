"""What every benchmark of a decision decides about: 10 context features, 20 candidates of 8 features each."""

from __future__ import annotations

from typing import Any

CONTEXT: dict[str, Any] = {
    "device": "mobile",
    "hour": 14,
    "weekday": "monday",
    "logged_in": True,
    "page": {"type": "category", "id": "shoes", "depth": 3},
    "user": {"age": "25-34", "visits": 7, "segment": "sporty"},
}
CATALOG: dict[str, Any] = {
    "policies": [{"id": "bench", "horizon_s": 600}],
    "placements": [{"id": f"p{i}", "page_type": "home", "features": {"height": i + 1}} for i in range(2)],
    "templates": [
        {
            "id": f"t{i}",
            "features": {"tone": f"tone{i % 3}", "discount": i / 10, "season": "summer", "video": i % 2 == 0,
                         "brand": f"b{i % 4}", "price": 9.9 + i, "colour": f"c{i % 5}"},
            "creative": {"title": f"T{i}", "link": f"https://shop.example/{i}"},
        }
        for i in range(10)
    ],
}  # fmt: skip
