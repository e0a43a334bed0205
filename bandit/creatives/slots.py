"""What a template is filled with: which slots it has, and which products may fill them."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from bandit.config import Label, Text

SlotKind = Literal["title", "description", "image", "video", "carousel", "price", "call_to_action"]
Format = Literal["banner", "native", "carousel", "video"]
ProposalKind = Literal["headline", "call_to_action"]


class Filling(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Which products may fill a template, and how many at once. Amounts are in the policy's currency."""

    slots: Annotated[tuple[SlotKind, ...], Meta(min_length=1, max_length=7)] = ("title", "image", "price")
    count: Annotated[int, Meta(ge=1, le=10)] = 1  # products shown at once; more than one in a carousel only
    categories: tuple[Label, ...] = ()  # none: any
    brands: tuple[Label, ...] = ()
    price_from: Annotated[float, Meta(ge=0.0, le=1e7)] = 0.0
    price_to: Annotated[float, Meta(ge=0.0, le=1e7)] = 1e7

    def __post_init__(self) -> None:
        if self.price_from > self.price_to:
            raise ValueError(f"price_from {self.price_from} must not be above price_to {self.price_to}")


class Proposal(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A text that a generator made, waiting for somebody's approval; nobody is shown it before."""

    kind: ProposalKind
    text: Annotated[Text, Meta(min_length=1)]
    source: Label = ""  # who made it
    flags: tuple[Label, ...] = ()  # why bandit.creatives.moderation refuses it; none: it may pass


class Grammar(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Variants of one template: each headline with each call to action, every one a candidate of its own.

    `bandit.creatives.proposals` moves what is proposed among the headlines and calls to action.
    """

    headlines: Annotated[tuple[Text, ...], Meta(max_length=20)] = ()
    calls_to_action: Annotated[tuple[Annotated[str, Meta(max_length=64)], ...], Meta(max_length=20)] = ()
    proposed: Annotated[tuple[Proposal, ...], Meta(max_length=100)] = ()  # not shown yet
