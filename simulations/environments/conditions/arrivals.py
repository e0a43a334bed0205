"""Ads that come, and ads that go."""

from __future__ import annotations

from functools import cache, lru_cache
from itertools import islice

import numpy as np
import numpy.typing as npt
from msgspec.structs import replace

from bandit.arrays import Doubles
from simulations.environments import shop_catalog
from simulations.environments.base import Json, Pair, Round, stream
from simulations.environments.conditions.changes import ADS, numbers, only, scaled
from simulations.environments.shop import Shop

FIRST_ADS = 4  # of the growing shop, from the start
NEXT_AD = 250  # round in which the next one comes; each later one takes twice as long
EDITIONS = 10  # of each ad of the shop with a turnover
LIFE = 3_000  # rounds an edition lives

_COMING = tuple(NEXT_AD * 2**place for place in range(len(ADS) - FIRST_ADS))
_STEP = LIFE // len(ADS)  # rounds from one new edition to the next
_APPEALS = 21  # purpose of the random stream
_SPREAD = 0.7  # of an edition's appeal, on the logarithmic scale


class GrowingShop(Shop):
    """The shop with new ads: four at first, then one more after 250, 500, 1,000 rounds and so on."""

    def round(self, t: int) -> Round:
        return only(super().round(t), _arrived(sum(t >= come for come in _COMING)))


class TurnoverShop(Shop):
    """The shop where every 250 rounds one ad expires and the next edition of it takes its place.

    An edition has the features of the one before, a name of its own and an appeal of its own, which the seed
    decides. Twelve are there at any time, each for 3,000 rounds; after ten editions the first one returns.
    """

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        normal = stream(_APPEALS, seed, 0).standard_normal((len(ADS), EDITIONS))
        self._appeal: Doubles = np.exp(_SPREAD * normal - _SPREAD**2 / 2.0)  # 1 in the mean

    def catalog(self) -> Json:
        templates = [
            template | {"id": _named(template["id"], edition)}
            for template in shop_catalog.templates()
            for edition in range(EDITIONS)
        ]
        return super().catalog() | {"templates": templates}

    def round(self, t: int) -> Round:
        plain, step = super().round(t), t // _STEP
        ads, edition = numbers(plain.candidates), _editions(step)
        return replace(
            scaled(plain, self._appeal[ads, edition[ads]]),
            request=plain.request | {"templates": list(map(_named, ADS, edition.tolist()))},
            candidates=_renamed(plain.candidates, step),
        )


@cache
def _arrived(later: int) -> frozenset[str]:
    """The first ads and so many later ones. They come in an order that mixes departments and offers."""
    order = (ADS[5 * place % len(ADS)] for place in range(len(ADS)))
    return frozenset(islice(order, FIRST_ADS + later))


@lru_cache(maxsize=16)
def _editions(step: int) -> npt.NDArray[np.int64]:
    """[ads] number of the edition of each ad; no two change in one step."""
    return (step + np.arange(len(ADS))) // len(ADS) % EDITIONS


@lru_cache(maxsize=64)
def _renamed(candidates: tuple[Pair, ...], step: int) -> tuple[Pair, ...]:
    """The candidates with the names of their editions."""
    editions = _editions(step)[numbers(candidates)].tolist()
    return tuple((_named(ad, edition), place) for (ad, place), edition in zip(candidates, editions, strict=True))


def _named(ad: str, edition: int) -> str:
    return f"{ad}-{edition + 1}"
