"""The shop under other conditions: other base rates, ads that wear out, ads that come later."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from bandit.arrays import Doubles
from simulations.environments import shop_catalog
from simulations.environments.base import Round
from simulations.environments.shop import Shop

PLAIN_RATE = 0.03  # clicks of an even draw in the shop as it is
PERIOD = 8_000  # rounds in which an ad of the drifting shop comes into fashion and goes out again
SWING = 3.0  # factor between an ad's best time or worst, and the middle
FIRST_ADS = 4  # of the growing shop, from the start
NEXT_AD = 250  # round in which the next one comes; each later one takes twice as long

_MOST = 0.6  # no ad is clicked more often than this
_ADS = tuple(template["id"] for template in shop_catalog.templates())


class ScaledShop(Shop):
    """The shop with another base rate: every chance of a click times the same factor."""

    def __init__(self, seed: int, *, rate: float) -> None:
        """
        rate  clicks of an even draw, in (0, 0.1]
        """
        super().__init__(seed)
        self._factor = rate / PLAIN_RATE

    def round(self, t: int) -> Round:
        plain = super().round(t)
        return replace(plain, click_probability=np.minimum(plain.click_probability * self._factor, _MOST))


class DriftingShop(Shop):
    """The shop with fashions: each ad's appeal swings threefold each way, no two ads in step."""

    def round(self, t: int) -> Round:
        plain = super().round(t)
        appeal = _appeal(t)[[_ADS.index(template) for template, _ in plain.candidates]]
        return replace(plain, click_probability=np.minimum(plain.click_probability * appeal, _MOST))


class GrowingShop(Shop):
    """The shop with new ads: four at first, then one more after 250, 500, 1,000 rounds and so on."""

    def round(self, t: int) -> Round:
        plain = super().round(t)
        here = set(_arrived(t))
        kept = [at for at, (template, _) in enumerate(plain.candidates) if template in here]
        return replace(
            plain,
            request=plain.request | {"templates": [ad for ad in _ADS if ad in here]},
            candidates=tuple(plain.candidates[at] for at in kept),
            click_probability=plain.click_probability[kept],
            purchase_probability=plain.purchase_probability[kept],
            purchase_value=plain.purchase_value[kept],
        )


def _appeal(t: int) -> Doubles:
    """[ads] factor on each ad's chance of a click in round t."""
    phase = np.arange(len(_ADS)) / len(_ADS)
    swing: Doubles = SWING ** np.sin(2.0 * np.pi * (t / PERIOD + phase))
    return swing


def _arrived(t: int) -> tuple[str, ...]:
    """Ads there are in round t. They come in an order that mixes departments and offers."""
    order = tuple(_ADS[5 * place % len(_ADS)] for place in range(len(_ADS)))
    later = sum(t >= NEXT_AD * 2**place for place in range(len(_ADS) - FIRST_ADS))
    return order[: FIRST_ADS + later]
