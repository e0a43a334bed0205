"""What a generator of texts is asked, and what it answers: JSON over one POST."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from bandit.config import Id, Label
from bandit.creatives.moderation import LONGEST
from bandit.creatives.slots import ProposalKind

MOST = 50  # texts of a kind in one answer


class Sample(msgspec.Struct, frozen=True, kw_only=True):
    """A product that may be shown."""

    title: str
    brand: str = ""
    category: str = ""
    price: str = ""  # as shoppers read it


class Current(msgspec.Struct, frozen=True, kw_only=True):
    """What the template says now; facts may be taken from here, and from nowhere else."""

    title: str = ""
    description: str = ""
    call_to_action: str = ""
    headlines: tuple[str, ...] = ()
    calls_to_action: tuple[str, ...] = ()


class Brief(msgspec.Struct, frozen=True, kw_only=True):
    """What is wanted."""

    template: Id
    current: Current
    count: Annotated[int, Meta(ge=1, le=MOST)] = 5  # of each kind
    seed: int = 0  # the same seed, the same texts, from a generator that can do so
    languages: tuple[Label, ...] = ("en",)
    products: tuple[Sample, ...] = ()
    limits: dict[ProposalKind, int] = msgspec.field(default_factory=lambda: dict(LONGEST))  # characters


Texts = Annotated[tuple[Annotated[str, Meta(max_length=2_000)], ...], Meta(max_length=MOST)]


class Made(msgspec.Struct, frozen=True, kw_only=True):
    """The answer. Fields that are not named here are skipped."""

    headlines: Texts = ()
    calls_to_action: Texts = ()
    source: Label = ""  # who made it, as `name version`
