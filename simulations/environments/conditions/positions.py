"""A list of ads, of which the upper ones are looked at more."""

from __future__ import annotations

from functools import cache

import numpy as np

from bandit.arrays import Doubles
from simulations.environments import shop_catalog as shop
from simulations.environments.base import DRAWS, SLOTS, Json, Pair, Round
from simulations.environments.conditions.changes import ADS
from simulations.environments.shop import MOST, Shop, Visit

EXAMINED = (1.0, 1 / 2, 1 / 3, 1 / 4, 1 / 5)  # share of shoppers who look at each place of the list, from the top

_INTEREST = 0.06  # a shopper of middling taste clicks what she looks at
_SAME_DEPARTMENT = 1.6
_BANNERS = 2  # places at the top that take premium ads as well
_TASTE = (shop.DEPARTMENT_TASTE[:, :, None] * shop.OFFER_TASTE[:, None, :]).reshape(len(shop.SEGMENTS), -1)
_DEPARTMENT = np.repeat(np.arange(len(shop.DEPARTMENTS)), len(shop.OFFERS))  # of each ad


class ListShop(Shop):
    """The shop with a list of five places; the page says which of them is to be filled, evenly at random.

    An ad is clicked if it is looked at, which depends on the place alone, and if it pleases. Premium ads come in
    the two upper places only, so their clicks an impression are more than they would be elsewhere.
    """

    def catalog(self) -> Json:
        return super().catalog() | {"placements": [_placement(rank) for rank in range(len(EXAMINED))]}

    def round(self, t: int) -> Round:
        chance = self._visits.at(t)
        visit = self.visit(chance)
        rank = int(chance.integers(len(EXAMINED)))
        ads = _fitting(rank)
        nothing = np.zeros(len(ads))
        return Round(
            t=t,
            request=visit.request([_name(rank)]),
            candidates=_pairs(rank),
            click_probability=np.minimum(_pleases(visit)[list(ads)] * EXAMINED[rank], MOST),
            purchase_probability=nothing,
            purchase_value=nothing,
            draws=chance.random((SLOTS, DRAWS)),
        )


def _pleases(visit: Visit) -> Doubles:
    """[ads] chance of a click on each, looked at."""
    pleases: Doubles = _INTEREST * _TASTE[visit.segment]
    if visit.page != "home":
        pleases[visit.department == _DEPARTMENT] *= _SAME_DEPARTMENT
    return pleases


@cache
def _fitting(rank: int) -> tuple[int, ...]:
    return tuple(at for at, ad in enumerate(ADS) if rank < _BANNERS or not ad.endswith("premium"))


@cache
def _pairs(rank: int) -> tuple[Pair, ...]:
    return tuple((ADS[at], _name(rank)) for at in _fitting(rank))


def _name(rank: int) -> str:
    return f"list-{rank + 1}"


def _placement(rank: int) -> Json:
    shape = "banner" if rank < _BANNERS else "tile"
    return {"id": _name(rank), "page_type": "any", "format": shape, "features": {"rank": str(rank + 1)}}
