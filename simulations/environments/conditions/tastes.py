"""Ads whose appeal changes with time: slowly, at once, or with the seasons."""

from __future__ import annotations

import numpy as np

from bandit.arrays import Doubles
from simulations.environments import shop_catalog
from simulations.environments.base import Round, stream
from simulations.environments.conditions.changes import ADS, numbers, scaled, told
from simulations.environments.shop import Shop

PERIOD = 8_000  # rounds in which an ad of the drifting shop comes into fashion and goes out again
SWING = 3.0  # factor between an ad's best time or worst, and the middle
EPOCH = 4_000  # rounds between two changes of the abrupt shop
YEAR = 12_000  # rounds of the seasonal shop; each season is a quarter
SEASONS = ("spring", "summer", "autumn", "winter")

_EPOCHS = 20  # purpose of the random stream
_IN_SEASON, _OUT_OF_SEASON = 2.5, 0.5
_PEAK = dict(zip(shop_catalog.DEPARTMENTS, ("autumn", "winter", "spring", "summer"), strict=True))


class DriftingShop(Shop):
    """The shop with fashions: each ad's appeal swings threefold each way, no two ads in step."""

    def round(self, t: int) -> Round:
        plain = super().round(t)
        return scaled(plain, _fashion(t)[numbers(plain.candidates)])


class AbruptShop(Shop):
    """The shop where every 4,000 rounds the ads' appeals, from a third to three times, are dealt out anew.

    The seed decides who gets which; no request tells of it.
    """

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        self._seed = seed
        self._latest = -1, np.ones(len(ADS))  # the epoch asked for last, and its appeals

    def round(self, t: int) -> Round:
        plain = super().round(t)
        return scaled(plain, self._appeal(t // EPOCH)[numbers(plain.candidates)])

    def _appeal(self, epoch: int) -> Doubles:
        """[ads] factor on each ad's chance of a click."""
        latest, dealt = self._latest
        if epoch != latest:
            dealt = stream(_EPOCHS, self._seed, epoch).permutation(SWING ** np.linspace(-1.0, 1.0, len(ADS)))
            self._latest = epoch, dealt
        return dealt


class SeasonalShop(Shop):
    """The shop through the year: each department has its season, which every request tells and which comes again."""

    def round(self, t: int) -> Round:
        plain = super().round(t)
        season = SEASONS[t % YEAR * len(SEASONS) // YEAR]
        return told(scaled(plain, _in_season(season)[numbers(plain.candidates)]), season=season)


def _fashion(t: int) -> Doubles:
    """[ads] factor on each ad's chance of a click in round t."""
    phase = np.arange(len(ADS)) / len(ADS)
    swing: Doubles = SWING ** np.sin(2.0 * np.pi * (t / PERIOD + phase))
    return swing


def _in_season(season: str) -> Doubles:
    """[ads] factor on each ad's chance of a click."""
    return np.array([_IN_SEASON if _PEAK[ad.split("-")[0]] == season else _OUT_OF_SEASON for ad in ADS])
