"""What the log holds: decisions, events and ticks, in the order they were shipped.

One schema serves outbox, stream and archive. Arrays are packed little-endian, since a decision over twenty
candidates is written for every request and kept until its horizon has passed.
"""

from __future__ import annotations

from typing import Annotated, Final, Literal

import msgspec
import numpy as np
from msgspec import Meta

from bandit.arrays import Floats, Positions
from bandit.config import Id
from bandit.features import Feature

LEARNED: Final = 0  # arms, as stored
HOLDOUT: Final = 1
ARMS = ("learned", "holdout")

EventType = Literal["impression", "viewable", "click", "dismiss", "purchase", "reward"]
Context = dict[str, Feature | dict[str, Feature]]


class InlineCandidate(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A candidate that the request itself describes, instead of the catalog."""

    template: Id
    placement: Id = "inline"
    features: dict[str, Feature] = {}
    placement_features: dict[str, Feature] = {}


class Round(msgspec.Struct, frozen=True, array_like=True):
    """One slot's draw."""

    candidates: bytes  # uint32[k] positions in the policy's shelf, or in `inline`
    probabilities: bytes  # float32[k] after floors and earlier slots; sums to 1
    chosen: int  # position in `candidates`, in [0, k)

    def positions(self) -> Positions:
        """uint32[k]."""
        return np.frombuffer(self.candidates, dtype="<u4")

    def propensities(self) -> Floats:
        """float32[k]."""
        return np.frombuffer(self.probabilities, dtype="<f4")

    @property
    def propensity(self) -> float:
        """Probability the choice was drawn with, in (0, 1]."""
        return float(self.propensities()[self.chosen])


class Decision(msgspec.Struct, frozen=True, array_like=True, tag_field="entry", tag="d"):
    """One answer, with all that is needed to learn from it and to check it."""

    id: bytes  # 16 bytes, see service.signing
    time: float  # accepted, seconds since 1970
    user: bytes  # 16 bytes pseudonym, or empty when nobody is named
    consent: bool  # whether the user may be personalised for
    arm: Literal[0, 1]  # LEARNED or HOLDOUT
    catalog_version: int
    model_version: int  # outcomes the model had learned
    context: Context
    rounds: tuple[Round, ...]  # one a slot
    excluded: dict[str, int]  # reason -> candidates that were not eligible
    inline: tuple[InlineCandidate, ...] = ()

    @property
    def trainable(self) -> bool:
        return self.arm == LEARNED


class Event(msgspec.Struct, frozen=True, array_like=True, tag_field="entry", tag="e"):
    """Something that happened to a decided ad."""

    id: str  # the sender's; the first with an id counts
    decision: bytes  # 16 bytes
    slot: int
    type: EventType
    time: float  # accepted, seconds since 1970
    occurred: float  # as told by the sender, seconds since 1970; equals `time` when not told
    value: float  # money for a purchase, reward units for a reward, else 0


class Tick(msgspec.Struct, frozen=True, array_like=True, tag_field="entry", tag="t"):
    """All that this host accepted before `time` stands in the log."""

    time: float  # seconds since 1970


Entry = Decision | Event | Tick
EventId = Annotated[str, Meta(min_length=1, max_length=128)]


class Outcome(msgspec.Struct, frozen=True):
    """A decision whose horizon has passed, with its events and a reward for each slot."""

    position: str  # of the decision in the log
    decision: Decision
    events: tuple[Event, ...]  # counted ones, in log order
    rewards: tuple[float, ...]  # one a slot, reward units
