"""Shadow prices: what showing a campaign costs besides, so that its budget lasts.

They are added to what candidates score whatever the request, before anything is explored, so probabilities know of them
and stay exact. What is learned is not touched: the reward of an ad is what it was.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np

from bandit.arrays import Floats
from bandit.errors import BadInput
from bandit.features import pointer
from bandit.shelf import Shelf

Prices = dict[str, float]  # campaign -> reward units, above 0; in the order of ids

PRICE_LIMIT: Final = 1_000.0  # as large as a reward may be


def priced(standing: Floats, shelf: Shelf, prices: Mapping[str, float]) -> tuple[Floats, Prices]:
    """What each candidate scores whatever the request, its campaign's price in it, and the prices that count.

    standing  float32[n] without prices, of this shelf

    A price of 0, and that of a campaign without a template, does not count. Raises BadInput for one that is no number
    from 0 to PRICE_LIMIT.
    """
    for campaign, price in prices.items():
        if not 0.0 <= price <= PRICE_LIMIT:  # true for NaN, too
            raise BadInput(pointer("#/prices", campaign), "bound", f"a price is from 0 to {PRICE_LIMIT:g}, not {price}")
    owned = set(shelf.campaign.tolist())
    row = {campaign.id: i for i, campaign in enumerate(shelf.campaigns) if i in owned}
    kept = {campaign: float(prices[campaign]) for campaign in sorted(row.keys() & prices) if prices[campaign] > 0.0}
    if not kept:
        return standing, kept
    each = np.zeros(len(shelf.campaigns) + 1, np.float32)  # the last is nobody's
    each[[row[campaign] for campaign in kept]] = list(kept.values())
    sums: Floats = standing + each[shelf.campaign][shelf.template]
    return sums, kept
