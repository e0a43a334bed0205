"""What a user did in the shop, as it stands in the log of activity, whichever system told it."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from bandit.records import Instant, Worth

Kind = Literal["view", "search", "add_to_cart", "purchase", "review", "dwell"]
Channel = Literal["web", "app", "mini_program", "store"]

LOG = "~activity"  # stands for a policy's name where its log is meant; no policy can be called so
WORDS = 32  # hashed tokens kept of a text


class Activity(msgspec.Struct, frozen=True, array_like=True, tag_field="entry", tag="a"):
    """One thing a user did. Texts are kept as hashed tokens and a score, never as they were."""

    id: str  # the sender's; the first with an id counts
    user: bytes  # 16 bytes pseudonym
    kind: Kind
    time: Instant  # accepted
    occurred: Instant  # as told by the sender; equals `time` when not told
    channel: Channel = "web"
    product: str = ""  # id in the feed
    category: str = ""
    brand: str = ""
    price: Worth = 0.0  # of one piece, in the shop's currency
    quantity: Annotated[int, Meta(ge=0, le=1_000_000)] = 0
    dwell_s: Annotated[float, Meta(ge=0.0, le=86_400.0)] = 0.0
    tokens: tuple[Annotated[int, Meta(ge=0, lt=1 << 32)], ...] = ()  # of a search or a review, at most WORDS
    sentiment: Annotated[float, Meta(ge=-1.0, le=1.0)] | None = None  # of a review; null: not told


class Joined(msgspec.Struct, frozen=True, array_like=True, tag_field="entry", tag="j"):
    """Two names turned out to be one user: what `alias` did and does is `user`'s from here on."""

    id: str
    alias: bytes  # 16 bytes pseudonym, mostly of an anonymous id
    user: bytes
    time: Instant


ActivityEntry = Activity | Joined
