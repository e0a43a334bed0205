"""What every benchmark of a decision decides about: 10 context features."""

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
