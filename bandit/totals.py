"""Running sums of what each arm earned, kept so that intervals can respect users.

A user sees many ads and her clicks hang together, so rounds are not independent. Sums are kept for 64
buckets of users: a user falls into one bucket whole, and the spread between buckets holds that dependence.
"""

from __future__ import annotations

import math
import zlib

import numpy as np

from bandit.arrays import Doubles
from bandit.errors import Damaged
from bandit.records import ARMS, Outcome

BUCKETS = 64
MEASURES = ("decisions", "slots", "impressions", "clicks", "conversions", "revenue", "reward")
_SHAPE = (len(ARMS), BUCKETS, len(MEASURES))


class Totals:
    """Sums over outcomes, [arm, bucket, measure]; added in log order, so equal logs give equal bytes."""

    def __init__(self, sums: Doubles | None = None) -> None:
        self.sums = np.zeros(_SHAPE) if sums is None else sums

    def add(self, outcome: Outcome) -> None:
        """Count one outcome."""
        decision = outcome.decision
        cell = self.sums[decision.arm, bucket(decision.user or decision.id)]
        seen = {(event.slot, event.type) for event in outcome.events}
        kinds = [kind for _, kind in seen]
        bought = [event.value for event in outcome.events if event.type == "purchase"]
        cell += (
            1,
            len(decision.rounds),
            kinds.count("impression"),
            kinds.count("click"),
            len(bought),
            math.fsum(bought),  # whatever the order: an archive holds events slot by slot
            sum(outcome.rewards),
        )

    def arm(self, arm: int) -> dict[str, float]:
        """Sums of one arm over all users, by measure."""
        return dict(zip(MEASURES, self.sums[arm].sum(axis=0).tolist(), strict=True))

    def by_bucket(self, arm: int, measure: str) -> Doubles:
        """float64[64]: one measure of one arm in each bucket of users."""
        column: Doubles = self.sums[arm, :, MEASURES.index(measure)]
        return column

    def to_bytes(self) -> bytes:
        return self.sums.astype("<f8").tobytes()

    @classmethod
    def from_bytes(cls, stored: bytes) -> Totals:
        """Raises Damaged if the length is not that of a table of totals."""
        if len(stored) != 8 * int(np.prod(_SHAPE)):
            raise Damaged(f"totals of {len(stored)} bytes are not a table of {_SHAPE}")
        return cls(np.frombuffer(stored, "<f8").reshape(_SHAPE).copy())


def bucket(user: bytes) -> int:
    """Bucket of a user's pseudonym, in [0, 64)."""
    return zlib.crc32(user) % BUCKETS
