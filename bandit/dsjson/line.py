"""The form of a dsjson line. Members not named here are passed over; features are read in `features.py`."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, UnsetType

from bandit.records import Context, EventType, ShadowPrice

Probability = Annotated[float, Meta(ge=0.0, le=1.0)]
Text = Annotated[str, Meta(min_length=1, max_length=256)]


class Observation(msgspec.Struct):
    """An event; ours has all of it, others a number `v`."""

    EventId: str = ""
    v: Any = None
    type: EventType | None = None
    Timestamp: datetime | None = None
    occurred: datetime | None = None
    value: float = 0.0


class State(msgspec.Struct, frozen=True):
    """Of Vowpal Wabbit when it decided."""

    m: str | int | None = None


class Own(msgspec.Struct):
    """What our own lines say besides."""

    position: Annotated[str, Meta(pattern=r"^\d{1,15}-\d{1,19}\Z")]
    slot: Annotated[int, Meta(ge=0, le=255)]
    arm: str
    user: Annotated[str, Meta(pattern=r"^[0-9a-f]{32}\Z")] | None
    consent: bool
    catalog_version: Annotated[int, Meta(ge=0, lt=2**32)]
    excluded: dict[str, int]
    context: Context | None = None  # as it came; in `c` its numbers are centred
    prices: dict[str, ShadowPrice] = {}  # campaign -> what was added to the predicted cost of its candidates
    products: tuple[str, ...] | None = None  # that filled the template


class Line(msgspec.Struct):
    """One choice."""

    EventId: Text
    Timestamp: datetime
    a: list[int]
    c: msgspec.Raw
    p: list[Probability]
    cost: float = msgspec.field(name="_label_cost")
    probability: Annotated[float, Meta(gt=0.0, le=1.0)] = msgspec.field(name="_label_probability")
    action: int = msgspec.field(name="_label_Action")
    index: int | None = msgspec.field(name="_labelIndex", default=None)
    original: float | None = msgspec.field(name="_original_label_cost", default=None)
    skip: bool = msgspec.field(name="_skipLearn", default=False)
    outcomes: msgspec.Raw | UnsetType = msgspec.field(name="_outcomes", default=UNSET)
    o: list[Observation] = []
    pdrop: Annotated[float, Meta(ge=0.0, lt=1.0)] = 0.0
    VWState: State = State()
    adbandit: Own | None = None


class Shape(msgspec.Struct):
    """Enough of a line to see whether it is an observation alone."""

    EventId: str | UnsetType = UNSET
    c: msgspec.Raw | UnsetType = UNSET
    a: msgspec.Raw | UnsetType = UNSET
