"""The shadow price: what a campaign's ads must be worth besides, so that its budget lasts.

It is added to the predicted cost of the campaign's ads before the draw. So while spending is ahead, the campaign is
shown where it is worth most, the others get the rest, and every probability stays exact.

It follows how far spending is ahead, in widths of a band around the target, with a lag: a price that rose as long as
spending is ahead, as dual ascent has it, swings, since spending itself is a sum of what the price lets through.
"""

from __future__ import annotations

import math

BAND = 0.02  # of the day's goal: so far ahead the price is highest
LAG_S = 10.0  # in which the price goes most of the way to where it is bound; longer than ads take to be billed mostly


def next_price(old: float, spent: float, target: float, band: float, elapsed_s: float) -> float:
    """The price after some time, in shares of the largest reward: 0 while spending is behind, at most 1.

    spent, target  what is spent and what should be by now, in one unit of money
    band           so far ahead of the target the price goes to 1; above 0, see `band_of`
    elapsed_s      since the old price was set

    >>> [round(next_price(0.5, spent, 100.0, 2.0, 3.0), 3) for spent in (99.0, 101.0, 110.0)]
    [0.37, 0.5, 0.63]
    """
    bound_for = min(max((spent - target) / band, 0.0), 1.0)
    kept = math.exp(-max(elapsed_s, 0.0) / LAG_S)
    price = kept * old + (1.0 - kept) * bound_for
    return round(price, 6) if price > 1e-4 else 0.0


def band_of(goal: float, price: float) -> float:
    """How far ahead of the target spending may be: of a budget of a few clicks a day, one click.

    >>> band_of(1_000.0, 0.5), band_of(3.0, 0.5)
    (20.0, 0.5)
    """
    return max(BAND * goal, price, 1e-9)
