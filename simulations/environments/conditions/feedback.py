"""Clicks that are heard of late, or never, and clicks that mean nothing."""

from __future__ import annotations

import numpy as np
from msgspec.structs import replace

from simulations.environments.base import Json, Round
from simulations.environments.conditions.changes import ADS, numbers
from simulations.environments.shop import Shop
from simulations.environments.streams import Streams

MEAN_DELAY, LONGEST_DELAY = 300.0, 3_000  # rounds
MISSED = {"mobile": 0.2, "desktop": 0.05, "tablet": 0.5}  # share of clicks never heard of, by device
BOTS = 0.15  # share of requests
BOT_CLICKS, BOT_CLICKS_ELSEWHERE = 0.5, 0.02  # on premium ads, on others

_DELAYS, _MISSES, _BOTS = 22, 23, 24  # purposes of the random streams
_NAMES = 20  # bots there are


class DelayedShop(Shop):
    """The shop where it takes 300 rounds, in the mean, until it is known whether an ad was clicked."""

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        self._delays = Streams(_DELAYS, seed)

    def round(self, t: int) -> Round:
        waits = self._delays.at(t).standard_exponential() * MEAN_DELAY
        return replace(super().round(t), delay=min(int(waits), LONGEST_DELAY))


class MissingShop(Shop):
    """The shop where clicks get lost on the way, on some devices more than on others."""

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        self._misses = Streams(_MISSES, seed)

    def round(self, t: int) -> Round:
        plain = super().round(t)
        lost = self._misses.at(t).random() < MISSED[plain.request["context"]["device"]]
        return replace(plain, missed=lost)


class BotShop(Shop):
    """The shop with bots, who call themselves people of 30 at a desktop and click premium ads for nothing.

    Their clicks are heard and worth nothing; each of them comes again and again under its own name.
    """

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        self._bots = Streams(_BOTS, seed)

    def round(self, t: int) -> Round:
        plain = super().round(t)
        chance = self._bots.at(t)
        if chance.random() >= BOTS:
            return plain
        premium = np.array([ad.endswith("premium") for ad in ADS])[numbers(plain.candidates)]
        nothing = np.zeros(len(plain.candidates))
        return replace(
            plain,
            request=_disguised(plain.request, int(chance.integers(_NAMES))),
            click_probability=np.where(premium, BOT_CLICKS, BOT_CLICKS_ELSEWHERE),
            purchase_probability=nothing,
            worth=nothing,
        )


def _disguised(request: Json, name: int) -> Json:
    """The request as bot `name` sends it."""
    person = {"device": "desktop", "user": {"age": 30, "age_band": "30s"}}
    return request | {"user": {"key": f"visitor-{name}"}, "context": request["context"] | person}
