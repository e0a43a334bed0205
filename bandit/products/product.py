"""One row of the shop's feed."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from bandit.links import Url
from bandit.money import Money

# Any script, inner spaces too: shops number their goods as they like.
ProductId = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=128,
        pattern=r"^[^\x00-\x20\x7f-\xa0]([^\x00-\x1f\x7f-\x9f]*[^\x00-\x20\x7f-\xa0])?\Z",
        description="128 characters at most, no control character, no space at either end",
    ),
]
Availability = Literal["in_stock", "out_of_stock", "preorder", "backorder"]


class Product(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    """What a template's slots are filled with. Its texts are plain: they are escaped wherever they are shown.

    The longest texts are those that the Google Merchant feed allows. What else must hold is in `checks`.
    """

    id: ProductId
    title: Annotated[str, Meta(min_length=1, max_length=256)]
    link: Url
    price: Money
    description: Annotated[str, Meta(max_length=5_000)] = ""
    image_url: Url | None = None
    video_url: Url | None = None
    sale_price: Money | None = None
    category: Annotated[str, Meta(max_length=750)] = ""  # from the widest to the narrowest: shoes > running
    brand: Annotated[str, Meta(max_length=70)] = ""
    availability: Availability = "in_stock"
    added: Annotated[float, Meta(ge=0.0, le=1e11)] = 0.0  # first seen in a feed, seconds since 1970; 0: when kept

    @property
    def paid(self) -> Money:
        """What it costs now."""
        return self.sale_price or self.price
