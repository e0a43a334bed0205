"""One row of the shop's feed."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from bandit.config import Label, Text
from bandit.links import Url
from bandit.money import Money

ProductId = Annotated[str, Meta(min_length=1, max_length=128)]
Availability = Literal["in_stock", "out_of_stock", "preorder", "backorder"]


class Product(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    """What a template's slots are filled with. Its texts are plain: they are escaped wherever they are shown."""

    id: ProductId
    title: Annotated[str, Meta(min_length=1, max_length=256)]
    link: Url
    price: Money
    description: Text = ""
    image_url: Url | None = None
    video_url: Url | None = None
    sale_price: Money | None = None
    category: Annotated[str, Meta(max_length=256)] = ""  # from the widest to the narrowest: shoes > running
    brand: Label = ""
    availability: Availability = "in_stock"
    added: Annotated[float, Meta(ge=0.0, le=1e11)] = 0.0  # first seen in a feed, seconds since 1970
