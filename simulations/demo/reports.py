"""What the service says of itself, as far as a demo reads it."""

from __future__ import annotations

import msgspec

ARMS = ("learned", "holdout")


class Arm(msgspec.Struct, frozen=True):
    """Sums over decisions whose horizon has passed."""

    decisions: int = 0
    impressions: int = 0
    clicks: int = 0
    conversions: int = 0
    revenue: float = 0.0
    rate: float | None = None  # clicks a slot served


class Lift(msgspec.Struct, frozen=True):
    """Relative lift of the learned arm's rate over the holdout's."""

    value: float
    low: float
    high: float


class Report(msgspec.Struct, frozen=True):
    """Of GET /v1/policies/{id}/report; fields that are not named here are skipped."""

    model_version: int = 0  # outcomes learned
    open: int = 0  # decisions that wait for their horizon
    arms: dict[str, Arm] = {}
    lift: Lift | None = None
    events: int = 0  # in the log
    used_events: int = 0  # counted towards a closed decision
    duplicates: int = 0  # ids that stood in the log before

    def arm(self, name: str) -> Arm:
        return self.arms.get(name, Arm())

    @property
    def decisions(self) -> int:
        """Decisions whose horizon has passed, of all arms."""
        return sum(self.arm(name).decisions for name in ARMS)

    @property
    def late_events(self) -> int:
        """Events in the log that count towards nothing; meaningful once no decision is open."""
        return self.events - self.used_events - self.duplicates


class PolicyHealth(msgspec.Struct, frozen=True):
    model_version: int = 0
    model_age_s: float = 0.0  # since the worker has these weights


class Health(msgspec.Struct, frozen=True):
    """Of GET /readyz."""

    policies: dict[str, PolicyHealth] = {}


class Amount(msgspec.Struct, frozen=True):
    value: float = 0.0


class Pacing(msgspec.Struct, frozen=True):
    """Of GET /v1/campaigns/{id}/pacing."""

    spent: Amount | None = None  # in the whole flight
    flight: Amount | None = None  # budget
    target: Amount | None = None  # what should be spent by now
