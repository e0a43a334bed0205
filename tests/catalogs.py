"""The catalog the end-to-end and chaos tests run on."""

from __future__ import annotations

from tests.running import Json

CATALOG: Json = {
    "policies": [
        {"id": "home", "horizon_s": 0.5, "holdout": {"share": 0.2}},
        {"id": "bare", "placements": []},
        {"id": "dry", "horizon_s": 0.5},
        {"id": "sure", "horizon_s": 0.5, "exploration": {"kind": "epsilon_greedy", "epsilon": 0.1}},
    ],
    "placements": [{"id": "hero", "page_type": "home"}, {"id": "rail", "features": {"height": 2}}],
    "campaigns": [{"id": "summer"}, {"id": "over", "ends_at": "2020-01-01T00:00:00Z"}],
    "templates": [
        {
            "id": "sale",
            "campaign": "summer",
            "features": {"tone": "loud", "discount": 0.3},
            "creative": {"title": "Sale <now>", "link": "https://shop.example/sale?a=1&b=2"},
        },
        {
            "id": "new",
            "features": {"tone": "calm", "tags": ["fresh", "season"]},
            "creative": {"title": "New"},
        },
        {"id": "old", "campaign": "over"},
        {"id": "resting", "status": "paused"},
    ],
}
