"""Where tastes change, a policy with a half-life earns more. Paired seeds; a round is a second."""

from __future__ import annotations

import numpy as np
import pytest

from simulations.contenders import contender
from simulations.environments.conditions import tastes
from simulations.running.runner import play

ROUNDS, PERIOD = 4_000, 2_000  # ads come into fashion and go out again twice


def _last_third(policy: str, seed: int) -> float:
    """True click rate of what was shown."""
    shop = tastes.DriftingShop(seed)
    earned = play(shop, contender(policy, seed, shop.catalog()), ROUNDS).earned
    return float(earned[-ROUNDS // 3 :].mean())


def test_in_a_drifting_world_a_half_life_earns_more_in_the_last_third(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tastes, "PERIOD", PERIOD)
    gains = [_last_third("engine:learning.half_life_h=0.15", seed) - _last_third("engine", seed) for seed in (1, 2, 3)]
    assert np.mean(gains) > 0.01
