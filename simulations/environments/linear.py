"""Synthetic linear worlds: each ad's chance of a click is a linear function of the request, of its own.

Made for comparing learners and for speed: rounds are drawn in blocks, and each stands as an array beside its request.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from bandit.arrays import Doubles
from simulations.environments.base import DRAWS, SLOTS, Json, Round, stream

BLOCK = 256  # rounds drawn together; part of what a round is a function of

_APPEAL, _TASTE = 0.05, 0.45  # most that an ad's own appeal moves its chance from a half, and that the request does
_WORLD, _ROUNDS = 40, 41  # purposes of the random streams


class Linear:
    """k ads in one placement, requests of d numbers evenly drawn from [-1, 1].

        chance of a click = 0.5 + 0.05 * appeal + 0.45 * weights @ numbers

    An ad's appeal is in [-1, 1] and its weights' magnitudes sum to 1, so the chance is in [0, 1] and nowhere bent.
    Another seed is another world.
    """

    def __init__(self, seed: int, *, arms: int, features: int) -> None:
        self._seed = seed
        chance = stream(_WORLD, seed, 0)
        weights = chance.standard_normal((arms, features))
        self._weights = _TASTE * weights / np.abs(weights).sum(axis=1, keepdims=True)
        self._middle = 0.5 + _APPEAL * chance.uniform(-1.0, 1.0, arms)
        self._names = tuple(f"x{j}" for j in range(features))
        self._candidates = tuple((f"ad-{a}", "main") for a in range(arms))
        self._nothing = np.zeros(arms)
        self._block = lru_cache(maxsize=4)(self._drawn)
        self._last = 0, self._block(0)  # the block asked for last; one value, since threads may ask at once

    def catalog(self) -> Json:
        return {
            "policies": [{"id": "demo", "horizon_s": 2.0}],
            "placements": [{"id": "main"}],
            "templates": [{"id": template} for template, _ in self._candidates],
        }

    def round(self, t: int) -> Round:
        turn, at = divmod(t, BLOCK)
        last, block = self._last
        if turn != last:
            _, block = self._last = turn, self._block(turn)
        numbers, clicks, draws = block
        context = dict(zip(self._names, numbers[at].tolist(), strict=True))
        return Round(
            t=t,
            request={"policy": "demo", "context": context, "count": 1},
            candidates=self._candidates,
            click_probability=clicks[at],
            purchase_probability=self._nothing,
            purchase_value=self._nothing,
            draws=draws[at],
            numbers=numbers[at],
        )

    def _drawn(self, turn: int) -> tuple[Doubles, Doubles, Doubles]:
        """Numbers [BLOCK, d], chances [BLOCK, k] and draws [BLOCK, SLOTS, DRAWS] of a block of rounds."""
        chance = stream(_ROUNDS, self._seed, turn)
        numbers = chance.uniform(-1.0, 1.0, (BLOCK, len(self._names)))
        # Not `@`, whose sums may depend on the number of cores.
        clicks = self._middle + np.einsum("bd,kd->bk", numbers, self._weights)
        return numbers, clicks, chance.random((BLOCK, SLOTS, DRAWS))
