"""What the log holds: decisions, events and ticks, in the order they were shipped.

One schema serves outbox, stream and archive. Arrays are packed little-endian, since a decision over twenty
candidates is written for every request and kept until its horizon has passed.
"""

from __future__ import annotations

import struct
from functools import lru_cache
from typing import Annotated, Final, Literal

import msgspec
import numpy as np
from msgspec import Meta

from bandit.arrays import Floats, Positions
from bandit.config import Id
from bandit.errors import Damaged
from bandit.features import Feature
from bandit.kernels import packing

LEARNED: Final = 0  # arms, as stored
HOLDOUT: Final = 1
ARMS = ("learned", "holdout")

_float = struct.Struct("<f")

EventType = Literal["impression", "viewable", "click", "dismiss", "purchase", "reward"]
Context = dict[str, Feature | dict[str, Feature]]


class InlineCandidate(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A candidate that the request itself describes, instead of the catalog."""

    template: Id
    placement: Id = "inline"
    features: dict[str, Feature] = {}
    placement_features: dict[str, Feature] = {}


def packed(positions: Positions) -> bytes:
    """Positions as the steps from one to the next, each in one byte, or in two or four where one is too small for some.

    Of more than two that stand evenly only the first and the step are kept, where each fits in a byte.

    positions  uint32[k]; a step back is one forward modulo 2**32

    >>> [packed(np.array(some, np.uint32)).hex() for some in ([4, 5, 6, 7, 8], [7, 8, 10, 300])]
    ['0401', '0700010002002201']
    """
    stored: bytes = packing.packed(positions).tobytes()
    return stored


@lru_cache(maxsize=1_024)
def unpacked(stored: bytes, k: int) -> Positions:
    """The k positions that `packed` was given: much the same ones stand in every decision.

    Raises Damaged if there are not that many.
    """
    if len(stored) == 2 and k > 2:
        stored = stored[:1] + stored[1:] * (k - 1)
    width = len(stored) // max(k, 1)
    if width * k != len(stored) or (k and width not in (1, 2, 4)):
        raise Damaged(f"{len(stored)} bytes are not {k} candidates")
    positions: Positions = np.cumsum(np.frombuffer(stored, f"<u{width or 1}"), dtype=np.uint32)
    positions.flags.writeable = False
    return positions


@lru_cache(maxsize=1_024)
def _largest(stored: bytes, k: int) -> int:
    return int(unpacked(stored, k).max(initial=0)) if k else -1


# Bounds of what a log entry may say, so that no column of the archive and no sum overflows; a NaN is beyond them, too.
Instant = Annotated[float, Meta(ge=0.0, le=1e11)]  # seconds since 1970
Worth = Annotated[float, Meta(ge=-1e9, le=1e9)]  # money or reward units; far beyond what is accepted
ShadowPrice = Annotated[float, Meta(ge=0.0, le=1_000.0)]  # reward units; no larger than a reward
Number = Annotated[int, Meta(ge=0, lt=1 << 62)]
CatalogVersion = Annotated[int, Meta(ge=0, lt=1 << 32)]
Place = Annotated[int, Meta(ge=0, lt=1 << 31)]
EventSlot = Annotated[int, Meta(ge=0, lt=1 << 8)]


class Round(msgspec.Struct, frozen=True, array_like=True):
    """One slot's draw."""

    candidates: bytes  # positions in the policy's shelf, or in `inline`, see `packed`
    probabilities: bytes  # float32[k] after floors and earlier slots; sums to 1
    chosen: Place  # position in `candidates`, in [0, k)

    @property
    def k(self) -> int:
        """How many candidates there were."""
        return len(self.probabilities) // 4

    def positions(self) -> Positions:
        """uint32[k], not to be written to. Raises Damaged unless there is one for each probability."""
        return unpacked(self.candidates, self.k)

    def largest(self) -> int:
        """Largest of the positions, -1 where there is none. Raises as `positions` does."""
        return _largest(self.candidates, self.k)

    def propensities(self) -> Floats:
        """float32[k]."""
        return np.frombuffer(self.probabilities, dtype="<f4")

    @property
    def propensity(self) -> float:
        """Probability the choice was drawn with, in (0, 1]."""
        drawn: float = _float.unpack_from(self.probabilities, 4 * self.chosen)[0]
        return drawn


class Decision(msgspec.Struct, frozen=True, array_like=True, tag_field="entry", tag="d"):
    """One answer, with all that is needed to learn from it and to check it."""

    id: bytes  # 16 bytes, see service.access.signing
    time: Instant  # accepted
    user: bytes  # 16 bytes pseudonym, or empty when nobody is named
    consent: bool  # whether the user may be personalised for
    arm: Literal[0, 1]  # LEARNED or HOLDOUT
    catalog_version: CatalogVersion
    model_version: Number  # outcomes the model had learned
    context: Context
    rounds: tuple[Round, ...]  # one a slot
    excluded: dict[str, Number]  # reason -> candidates that were not eligible
    inline: tuple[InlineCandidate, ...] = ()
    barred: dict[str, bytes] = {}  # reason -> positions kept out, each at level 0, `packed`; `excluded` says how many
    prices: dict[str, ShadowPrice] = {}  # campaign -> shadow price that its candidates were scored with, reward units
    products: tuple[tuple[str, ...], ...] = ()  # one a slot: the products that filled it

    @property
    def trainable(self) -> bool:
        return self.arm == LEARNED

    def kept_out(self) -> dict[str, Positions]:
        """Reason -> positions. Raises Damaged unless there are as many as `excluded` says."""
        return {reason: unpacked(some, self.excluded.get(reason, 0)) for reason, some in self.barred.items()}


class Event(msgspec.Struct, frozen=True, array_like=True, tag_field="entry", tag="e"):
    """Something that happened to a decided ad."""

    id: str  # the sender's; the first with an id counts
    decision: bytes  # 16 bytes
    slot: EventSlot
    type: EventType
    time: Instant  # accepted
    occurred: Instant  # as told by the sender; equals `time` when not told
    value: Worth  # money for a purchase, reward units for a reward, else 0


class Tick(msgspec.Struct, frozen=True, array_like=True, tag_field="entry", tag="t"):
    """All that this host accepted before `time` stands in the log."""

    time: Instant


Entry = Decision | Event | Tick
EventId = Annotated[str, Meta(min_length=1, max_length=128)]


class Outcome(msgspec.Struct, frozen=True):
    """A decision whose horizon has passed, with its events and a reward for each slot."""

    position: str  # of the decision in the log
    decision: Decision
    events: tuple[Event, ...]  # counted ones, in log order
    rewards: tuple[float, ...]  # one a slot, reward units
