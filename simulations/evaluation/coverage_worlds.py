"""Logs of clicks whose truth is known, drawn as often as one likes: what intervals are put to the test on.

Each has eight kinds of request and five ads. `even` draws ads evenly; `skewed` draws those that the target likes least
most often, with clicks enough to say something; `heavy` does so more, with few clicks, so that a handful of rounds
decides every estimate.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

from bandit.arrays import Doubles, Flags
from bandit.estimators.logged import Indices
from bandit.estimators.weighed import Weighed

REQUESTS, ADS = 8, 5
_SHAPE = 20_240  # seed of what is liked by whom; the same in every run


class Drawn(NamedTuple):
    """One log."""

    rounds: Weighed
    matched: Flags  # [n] whether the target, drawn by itself, shows what was shown


class CoverageWorld(NamedTuple):
    """Requests come evenly; everything else is [REQUESTS, ADS]."""

    rounds: int  # of one log
    click: Doubles  # probability
    predicted: Doubles  # what a reward model makes of it: wrong, and fixed before the log
    logged: Doubles  # probability each ad was served with
    target: Doubles  # probability the target shows it with

    @property
    def truth(self) -> float:
        """Clicks a round under the target."""
        return float((self.target * self.click).sum(axis=1).mean())

    @property
    def rate(self) -> float:
        """Clicks a round under the policy that logs."""
        return float((self.logged * self.click).sum(axis=1).mean())

    @property
    def most(self) -> float:
        """Largest weight there can be."""
        return float((self.target / self.logged).max())

    def logs(self, logs: int, seed: int) -> Iterator[Drawn]:
        """Independent logs."""
        for chance in (np.random.default_rng(child) for child in np.random.SeedSequence(seed).spawn(logs)):
            request = chance.integers(0, REQUESTS, self.rounds)
            ad = _drawn(self.logged[request], chance)
            at = request, ad
            yield Drawn(
                Weighed(
                    propensity=self.logged[at],
                    target=self.target[at],
                    reward=(chance.random(self.rounds) < self.click[at]).astype(np.float64),
                    predicted=self.predicted[at],
                    expected=(self.target * self.predicted).sum(axis=1)[request],
                ),
                _drawn(self.target[request], chance) == ad,
            )


def _drawn(probability: Doubles, chance: np.random.Generator) -> Indices:
    """[n] an ad for each row of probabilities [n, ADS]."""
    below = np.cumsum(probability, axis=1)[:, :-1]
    ads: Indices = (chance.random(len(probability))[:, None] > below).sum(axis=1)
    return ads


def _world(rounds: int, click: float, against: float, floor: float) -> CoverageWorld:
    """
    click    probability of a typical ad
    against  how much less an ad is served the more it is liked; 0: evenly
    floor    smallest probability an ad is served with
    """
    chance = np.random.default_rng(_SHAPE)
    liking, error = chance.normal(size=(2, REQUESTS, ADS)) * 0.5
    return CoverageWorld(
        rounds,
        np.minimum(click * np.exp(liking), 0.95),
        np.minimum(click * np.exp(liking + error), 0.95),
        floor + (1.0 - ADS * floor) * _shares(-against * liking),
        _shares(2.0 * liking),
    )


def _shares(appeal: Doubles) -> Doubles:
    shares: Doubles = np.exp(appeal) / np.exp(appeal).sum(axis=1, keepdims=True)
    return shares


WORLDS: Mapping[str, CoverageWorld] = MappingProxyType(
    {
        "even": _world(1_000, 0.3, 0.0, 0.2),
        "skewed": _world(2_000, 0.3, 2.0, 0.04),
        "heavy": _world(1_000, 0.03, 4.0, 0.002),
    }
)
